"""The page on which the ads of a placement are put into order."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from announcements.ads import orders
from announcements.ads.models import Ad, AdOrder
from announcements.ads.rules import PlacementRules, all_rules
from approvals.models import Request
from audit.errors import DomainError
from operators.admin_base import ModelAdmin
from operators.sites import bank_site, platform_site
from publishing.admin_drafts import STAGE_COLOURS, open_requests, stage_label
from publishing.services import submit_for_review

USUAL = "home_banner"


@admin.register(AdOrder, site=bank_site)
@admin.register(AdOrder, site=platform_site)
class AdOrderAdmin(ModelAdmin):
    """One page for all placements takes the place of list and form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        save = self.admin_site.admin_view(require_POST(self.save_view))
        return [path("save/", save, name="announcements_ads_adorder_save"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return require_safe(self._show)(request, request.GET.get("placement", ""))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(self._address(found.placement))

    # --- saving ------------------------------------------------------------------------------
    def save_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        placement, verb = request.POST.get("placement", ""), request.POST.get("verb", "save")
        uids = arranged_in(request.POST)
        try:
            self._save(request, placement, verb, uids)
        except DomainError as error:
            response = self._show(request, placement, uids, str(error.message))
            response.status_code = error.http_status
            return response
        return HttpResponseRedirect(self._address(placement))

    def _save(self, request: HttpRequest, placement: str, verb: str, uids: list[str]) -> None:
        version = request.POST.get("version", "")
        wanted = orders.published_order(placement) if verb == "undo" else uids
        draft = orders.save_order(
            actor=request.user,  # type: ignore[arg-type]
            placement=placement,
            uids=wanted,
            version=int(version) if version.isascii() and version.isdigit() else 0,
        )
        if verb == "submit":
            submit_for_review(actor=request.user, draft=draft)  # type: ignore[arg-type]
        messages.success(request, _DONE[verb if verb in _DONE else "save"]())

    # --- showing -----------------------------------------------------------------------------
    def _show(
        self,
        request: HttpRequest,
        asked: str,
        uids: list[str] | None = None,
        refusal: str = "",
    ) -> HttpResponse:
        placements = all_rules()
        chosen = _chosen(placements, asked)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Order of ads"),
            "is_fullwidth": "1",
            "placements": [(each, self._address(each.code)) for each in placements],
            "chosen": chosen,
            "refusal": refusal,
            "may_change": self.has_change_permission(request),
            "save_address": reverse(f"{self.admin_site.name}:announcements_ads_adorder_save"),
            **(self._standing(chosen.code, uids) if chosen else {}),
        }
        return TemplateResponse(request, "announcements/ads/order.html", context)

    def _standing(self, placement: str, uids: list[str] | None) -> dict[str, Any]:
        draft = AdOrder.objects.filter(placement=placement).select_related("edited_by").first()
        published = orders.published_order(placement)
        wanted = uids if uids is not None else (draft.uids if draft else published)
        found = list(orders.arrangeable(placement, timezone.now()))
        ads = orders.arranged(found, wanted)
        return {
            "draft": draft,
            "rows": [self._row(number, ad) for number, ad in enumerate(ads, start=1)],
            "review_address": self._review_address(draft),
            "differs": _titles(found, wanted) != _titles(found, published),
            "is_published": bool(published),
        }

    def _row(self, number: int, ad: Any) -> dict[str, Any]:
        name = f"{self.admin_site.name}:announcements_ads_ad_change"
        return {
            "number": number,
            "ad": ad,
            "stage_label": stage_label(ad),
            "stage_colour": STAGE_COLOURS.get(ad.stage, ""),
            "address": reverse(name, args=[ad.pk]),
        }

    def _review_address(self, draft: AdOrder | None) -> str:
        request: Request | None = open_requests(draft).first() if draft is not None else None
        if request is None:
            return ""
        return reverse(f"{self.admin_site.name}:approvals_request_change", args=[request.pk])

    def _address(self, placement: str) -> str:
        page = reverse(f"{self.admin_site.name}:announcements_ads_adorder_changelist")
        return f"{page}?placement={placement}"


_DONE = {
    "save": lambda: _("The order is saved as a draft; customers see it after a review."),
    "undo": lambda: _("The draft is as published again."),
    "submit": lambda: _("Submitted; a checker will decide."),
}


def arranged_in(data: QueryDict) -> list[str]:
    """By the numbers in the form; equal and missing ones in the order of the page."""
    places = [(name[6:], str(data[name])) for name in data if name.startswith("place-")]

    def number(place: str) -> int:
        return int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 99_999

    return [uid for uid, place in sorted(places, key=lambda each: number(each[1]))]


def _chosen(placements: list[PlacementRules], asked: str) -> PlacementRules | None:
    by_code = {each.code: each for each in placements}
    return by_code.get(asked) or by_code.get(USUAL) or next(iter(placements), None)


def _titles(ads: list[Ad], uids: list[str]) -> list[str]:
    """What the order says of the ads that are there: ended ones do not count."""
    return [str(ad.uid) for ad in orders.arranged(ads, uids)]
