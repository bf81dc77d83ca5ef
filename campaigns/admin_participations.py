"""Who took part in a campaign, who did not and why, and what became of the rewards."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from audit.errors import DomainError
from campaigns.admin_events import events_called
from campaigns.admin_keyset import KeysetAdmin
from campaigns.choices import EffectState, ParticipationState
from campaigns.models import Campaign, CampaignAccount, Effect, Event, Participation
from campaigns.rules.wording import describe_effect
from campaigns.running import exports
from campaigns.running.reasons import reason_of
from coupons.wording import yuan
from operators.admin_base import display
from operators.sites import bank_site

NAME = "campaigns_participation"
CAMPAIGN = "campaign"
STATE_COLOURS = {
    ParticipationState.COUNTED: "success", ParticipationState.REFUSED: "warning",
    ParticipationState.REVERSED: "info",
}  # fmt: skip
EFFECT_COLOURS = {
    EffectState.APPLIED: "success", EffectState.PENDING: "info", EffectState.RETURNING: "info",
    EffectState.FAILED: "danger", EffectState.KEPT: "warning",
}  # fmt: skip


class CampaignFilter(SimpleListFilter):
    """Rows are found along the index of one campaign."""

    title = _("campaign")
    parameter_name = CAMPAIGN

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seen = Campaign.objects.visible_to(request.user).filter(account__isnull=False)  # type: ignore[arg-type]
        rows = seen.order_by("-account__changed_at").values_list("pk", "title")
        return [(str(pk), title) for pk, title in rows]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        return queryset.filter(campaign=int(chosen)) if _is_number(chosen) else queryset


@admin.register(Participation, site=bank_site)
class ParticipationAdmin(KeysetAdmin):
    keyset = "at"
    branch_lookup = "branch_path"
    list_display = (
        "shown_event", "customer_number", "occurred_at", "shown_state", "shown_reason",
        "shown_cost", "terms_version", "shown_campaign",
    )  # fmt: skip
    list_filter = (CampaignFilter, "state", "refusal")
    # Looked up by ``get_search_results``.
    search_fields = ("customer_number",)
    search_help_text = _("Whole customer number, or whole event number")
    empty_hint = _("Participations appear here once qualifying events have come.")
    fieldsets = (
        (_("Participation"), {
            "fields": (
                "shown_campaign", "terms_version", "shown_event", "customer_number",
                "occurred_at", "at",
            ),
        }),
        (_("What it led to"), {
            "fields": ("shown_state", "shown_reason", "shown_cost", "reversed_at"),
        }),
    )  # fmt: skip
    readonly_fields = (
        "shown_campaign", "shown_event", "shown_state", "shown_reason", "shown_cost",
    )  # fmt: skip
    change_form_outer_after_template = "campaigns/participation_after.html"

    class Media:
        css = {"all": ("console/review.css", "console/campaigns.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("campaign", "event")

    @display(description=_("event"))
    def shown_event(self, row: Participation) -> str:
        return str(row.event.event_id) if row.event_id else "—"

    @display(description=_("campaign"))
    def shown_campaign(self, row: Participation) -> str:
        return str(row.campaign.title)

    @display(description=_("state"), label=STATE_COLOURS)
    def shown_state(self, row: Participation) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("reason"))
    def shown_reason(self, row: Participation) -> str:
        return reason_of(row) or "—"

    @display(description=_("cost (yuan)"))
    def shown_cost(self, row: Participation) -> str:
        return yuan(row.cost_cents)

    # --- list --------------------------------------------------------------------------------
    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        if not term.isprintable():
            return queryset.none(), False
        events = Event.objects.filter(pk__in=events_called(term))
        if not events.exists():
            events = Event.objects.filter(customer_number=term)
        return queryset.filter(event__in=events.order_by().values("pk")), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Of one campaign, the one with the latest news, unless something else is asked for."""
        asked = request.GET.get(CAMPAIGN) or request.GET.get(SEARCH_VAR)
        if not asked and self.has_view_permission(request):
            newest = _newest(request)
            if newest is not None:
                query = {**request.GET.dict(), CAMPAIGN: newest}
                return HttpResponseRedirect(f"?{urlencode(query)}")
        extra = {"toolbar_extra": self._export_button(request)}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def _export_button(self, request: HttpRequest) -> str:
        chosen = request.GET.get(CAMPAIGN, "")
        may = request.user.has_perm(exports.PERMISSION)  # type: ignore[union-attr]
        if not (may and _is_number(chosen)):
            return ""
        context = {"campaign": chosen, "state": request.GET.get("state__exact", "")}
        return render_to_string("campaigns/export_button.html", context, request)

    # --- one ---------------------------------------------------------------------------------
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            effects = Effect.objects.filter(participation=row.pk).order_by("position")
            context["rewards"] = [(each, _described(each)) for each in effects]
            context["colours"] = EFFECT_COLOURS
            context["sees_coupons"] = request.user.has_perm("coupons.view_coupon")  # type: ignore[union-attr]
        return super().render_change_form(request, context, *args, **kwargs)

    # --- out ---------------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("export/", view, name=f"{NAME}_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        chosen = request.POST.get(CAMPAIGN, "")
        if not request.user.has_perm(exports.PERMISSION):  # type: ignore[union-attr]
            raise PermissionDenied
        visible = Campaign.objects.visible_to(request.user)  # type: ignore[arg-type]
        campaign = visible.filter(pk=int(chosen) if _is_number(chosen) else 0).first()
        back = reverse(f"{self.admin_site.name}:{NAME}_changelist")
        if campaign is None:
            return HttpResponseRedirect(back)
        try:
            file = exports.export_participations(
                actor=request.user,  # type: ignore[arg-type]
                campaign=campaign,
                state=request.POST.get("state", ""),
            )
        except DomainError as error:
            self.message_user(request, str(error.message), "error")
            return HttpResponseRedirect(f"{back}?campaign={campaign.pk}")
        name = f"participations-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
        )


def _newest(request: HttpRequest) -> int | None:
    visible = Campaign.objects.visible_to(request.user)  # type: ignore[arg-type]
    accounts = CampaignAccount.objects.filter(campaign__in=visible).order_by("-changed_at")
    return accounts.values_list("pk", flat=True).first()


def _described(effect: Effect) -> str:
    """The pool as it was, or what of it was given."""
    parameters = dict(effect.parameters)
    templates = parameters.get("templates")
    if templates and not isinstance(templates[0], dict):
        parameters["templates"] = [{"template": pk, "weight": 1} for pk in templates]
    return describe_effect({"kind": effect.kind, **parameters})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
