"""Waves and figures of a province campaign: the platform's page, and the buttons on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import DomainError
from campaigns.designing.wording import describe_kind
from campaigns.province import asking, boards, exporting, reading, waves
from campaigns.province.choices import Field
from campaigns.province.models import ProvinceCampaign, Wave
from coupons.figures import today
from publishing.admin_pages import posted_text
from publishing.offers.forms import BanksWidget, bank_choices

SHEETS = (
    "console/review.css", "console/announcements.css", "console/audience.css",
    "console/item_figures.css", "console/coupon_stock.css", "console/campaigns.css",
    "console/governed.css", "console/province.css",
)  # fmt: skip
FIGURES = "campaigns_province.view_bankfigures"
_GET_OR_POST = ["GET", "HEAD", "POST"]


class BoardMixin:
    """For the admin of province campaigns."""

    opts: Any
    admin_site: Any

    def page(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        one = "<int:pk>/board/"
        wave = f"{one}wave/<int:wave_id>/"
        plan = require_http_methods(_GET_OR_POST)(self.plan_view)
        own = [
            (one, require_safe(self.board_view), "board"),
            (f"{one}export/", require_POST(self.export_view), "board_export"),
            (f"{one}refresh/", require_POST(self.refresh_view), "board_refresh"),
            (f"{one}plan/", plan, "wave_plan"),
            (wave, plan, "wave_change"),
            (f"{wave}open/", self._wave_step(self._open), "wave_open"),
            (f"{wave}pull/", self._wave_step(self._pull), "wave_pull"),
            (f"{wave}release/", self._wave_step(self._release), "wave_release"),
        ]
        return [*(path(route, view(page), name=self.page(name)) for route, page, name in own),
                *urls]  # fmt: skip

    # --- the board ---------------------------------------------------------------------------
    def board_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self._seen(request, pk)
        may: Any = request.user.has_perm  # type: ignore[union-attr]
        published = reading.newest(campaign.uid)
        version = published.version if published is not None else None
        context = {
            **self._chrome(request, _("Waves and figures")),
            "campaign": campaign,
            "kind_label": describe_kind(campaign.rules.get(Field.KIND, {}).get("value", "")),
            "published": published,
            "board": boards.board_of(campaign, version, today()),
            "may_plan": may(waves.PLAN),
            "may_pull": may(waves.PULL),
            "may_export": may(exporting.PERMISSION),
            "draft_address": self._at("change", pk),
            "plan_address": self._at("wave_plan", pk) if may(waves.PLAN) else "",
            "refresh_address": self._at("board_refresh", pk),
            "export_address": self._at("board_export", pk),
            **{
                f"{verb}_wave_page": f"{self.admin_site.name}:{self.page(f'wave_{verb}')}"
                for verb in ("change", "open", "pull", "release")
            },
        }
        return TemplateResponse(request, "campaigns/province/board.html", context)

    def export_view(self, request: HttpRequest, pk: int) -> FileResponse:
        campaign = self._seen(request, pk)
        published = reading.newest(campaign.uid)
        version = published.version if published is not None else None
        file = exporting.export_board(
            actor=request.user, campaign=campaign, rows=boards.rows_of(campaign, version)  # type: ignore[arg-type]
        )  # fmt: skip
        name = f"province-campaign-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
        kind = "text/csv; charset=utf-8"
        return FileResponse(file, as_attachment=True, filename=name, content_type=kind)

    def refresh_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self._seen(request, pk)
        asking.ask_banks(campaign.pk)
        messages.success(request, _("The banks are being asked; reload the page in a moment."))
        return HttpResponseRedirect(self._at("board", pk))

    # --- waves -------------------------------------------------------------------------------
    def plan_view(self, request: HttpRequest, pk: int, wave_id: int | None = None) -> HttpResponse:
        campaign = self._seen(request, pk)
        if not request.user.has_perm(waves.PLAN):  # type: ignore[union-attr]
            raise PermissionDenied
        wave = self._wave(campaign, wave_id) if wave_id is not None else None
        if request.method != "POST":
            chosen = _slugs(wave)
            return self._plan_page(request, campaign, wave, wave.name if wave else "", chosen)
        name, chosen = posted_text(request, "name"), request.POST.getlist("banks")
        given: dict[str, Any] = {"actor": request.user, "name": name, "bank_slugs": chosen}
        try:
            if wave is None:
                waves.plan_wave(campaign_id=campaign.pk, **given)
            else:
                waves.change_wave(wave_id=wave.pk, **given)
        except DomainError as error:
            refusal = str(error.message)
            return self._plan_page(request, campaign, wave, name, chosen, refusal)
        messages.success(request, _("The wave is planned. Open it when its banks may join."))
        return HttpResponseRedirect(self._at("board", pk))

    def _plan_page(
        self, request: HttpRequest, campaign: ProvinceCampaign, wave: Wave | None, name: str,
        chosen: list[str], refusal: str = "",
    ) -> HttpResponse:  # fmt: skip
        placed = campaign.joinings.exclude(wave=wave) if wave else campaign.joinings.all()
        taken = set(placed.values_list("bank__slug", flat=True))
        choices = [
            (group, [each for each in banks if each[0] not in taken])
            for group, banks in bank_choices()
        ]
        widget = BanksWidget(choices=[each for each in choices if each[1]])
        number = wave.number if wave else campaign.waves.count() + 1
        context = {
            **self._chrome(request, campaign.title),
            "heading": _("Wave %(number)s: which banks?") % {"number": number},
            "name": name,
            "name_hint": waves.default_name(number),
            "banks": widget.render("banks", chosen, {"id": "banks"}) if widget.choices else "",
            "refusal": refusal,
            "board_address": self._at("board", campaign.pk),
        }
        page = TemplateResponse(request, "campaigns/province/plan.html", context)
        page.status_code = 400 if refusal else 200
        return page

    def _wave_step(self, verb: Callable[[HttpRequest, int], str]) -> Any:
        def view(request: HttpRequest, pk: int, wave_id: int) -> HttpResponse:
            campaign = self._seen(request, pk)
            wave = self._wave(campaign, wave_id)
            try:
                messages.success(request, verb(request, wave.pk))
            except DomainError as error:
                messages.error(request, str(error.message))
            return HttpResponseRedirect(self._at("board", pk))

        return require_POST(view)

    def _open(self, request: HttpRequest, wave_id: int) -> str:
        waves.open_wave(actor=request.user, wave_id=wave_id)  # type: ignore[arg-type]
        return _("The wave is open: its banks may join now.")

    def _pull(self, request: HttpRequest, wave_id: int) -> str:
        reason = posted_text(request, "reason")
        waves.pull_wave(actor=request.user, wave_id=wave_id, reason=reason)  # type: ignore[arg-type]
        return _("The wave is pulled back; its banks follow within seconds.")

    def _release(self, request: HttpRequest, wave_id: int) -> str:
        reason = posted_text(request, "reason")
        waves.release_wave(actor=request.user, wave_id=wave_id, reason=reason)  # type: ignore[arg-type]
        return _("The wave is released; each bank resumes its campaign itself.")

    # --- parts -------------------------------------------------------------------------------
    def _seen(self, request: HttpRequest, pk: int) -> ProvinceCampaign:
        campaign = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if campaign is None:
            raise Http404
        if not self.has_view_permission(request, campaign):  # type: ignore[attr-defined]
            raise PermissionDenied
        if not request.user.has_perm(FIGURES):  # type: ignore[union-attr]
            raise PermissionDenied
        found: ProvinceCampaign = campaign
        return found

    def _wave(self, campaign: ProvinceCampaign, wave_id: int) -> Wave:
        wave = campaign.waves.filter(pk=wave_id).first()
        if wave is None:
            raise Http404
        return wave

    def _at(self, name: str, pk: int) -> str:
        return reverse(f"{self.admin_site.name}:{self.page(name)}", args=[pk])

    def _chrome(self, request: HttpRequest, title: str) -> dict[str, Any]:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return {**shared, "title": title, "sheets": SHEETS, "is_fullwidth": "1"}


def _slugs(wave: Wave | None) -> list[str]:
    return [row.bank.slug for row in wave.joinings.select_related("bank")] if wave else []
