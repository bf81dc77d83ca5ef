"""The platform's board of what it has offered: which banks wait, accepted, declined, published."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operators.admin_base import display
from operators.sites import platform_site
from publishing import differences, registry
from publishing.admin_pages import ContentKindFilter, ReadOnlyAdmin
from publishing.choices import OfferState
from publishing.offers.models import Offer, OfferDelivery
from tenants.choices import BankStatus

COLOURS = {
    OfferState.WAITING: "warning",
    OfferState.ACCEPTED: "success",
    OfferState.DECLINED: "danger",
}


@admin.register(Offer, site=platform_site)
class OfferAdmin(ReadOnlyAdmin):
    list_display = (
        "title", "shown_kind", "offered_by", "offered_at", "shown_banks", "shown_waiting",
        "shown_accepted", "shown_published", "shown_declined",
    )  # fmt: skip
    list_filter = (ContentKindFilter, "offered_at")
    list_select_related = ("offered_by",)
    search_fields = ("title", "note")
    empty_hint = gettext_lazy("Open a draft and press “Offer to banks”.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_counts().defer("content")

    @display(description=gettext_lazy("kind"), ordering="kind")
    def shown_kind(self, offer: Offer) -> Any:
        return registry.get(offer.kind).label

    @display(description=gettext_lazy("banks"), ordering="banks")
    def shown_banks(self, offer: Any) -> int:
        return offer.banks

    @display(description=OfferState.WAITING.label, ordering="waiting")
    def shown_waiting(self, offer: Any) -> int:
        return offer.waiting

    @display(description=OfferState.ACCEPTED.label, ordering="accepted")
    def shown_accepted(self, offer: Any) -> int:
        return offer.accepted

    @display(description=gettext_lazy("published"), ordering="published")
    def shown_published(self, offer: Any) -> int:
        return offer.published

    @display(description=OfferState.DECLINED.label, ordering="declined")
    def shown_declined(self, offer: Any) -> int:
        return offer.declined

    def show(self, request: HttpRequest, found: Any) -> HttpResponse:
        conditions = _conditions()
        tab = request.GET.get("tab", "")
        tab = tab if tab in conditions else "all"
        deliveries = found.deliveries.select_related("bank").order_by("bank__name_key", "pk")
        return self.page(
            request,
            "publishing/offers/offer.html",
            original=found,
            title=found.title,
            offer=found,
            kind_label=registry.get(found.kind).label,
            lines=differences.rows(None, found.content["envelope"]),
            tabs=[
                (name, label, deliveries.filter(condition).count(), name == tab)
                for name, (label, condition) in conditions.items()
            ],
            rows=[(each, *_state(each)) for each in deliveries.filter(conditions[tab][1])],
            fresh_at=deliveries.aggregate(at=Max("seen_at"))["at"],
        )


def _conditions() -> dict[str, tuple[Any, Q]]:
    return {
        "all": (_("all"), Q()),
        "waiting": (OfferState.WAITING.label, Q(state=OfferState.WAITING)),
        "accepted": (OfferState.ACCEPTED.label, Q(state=OfferState.ACCEPTED)),
        "published": (_("published"), Q(published_at__isnull=False)),
        "declined": (OfferState.DECLINED.label, Q(state=OfferState.DECLINED)),
        "undelivered": (_("not delivered yet"), Q(delivered_at=None)),
    }


def _state(delivery: OfferDelivery) -> tuple[Any, str]:
    """A word and its colour."""
    if delivery.published_at is not None:
        return _("published"), "info"
    if delivery.delivered_at is not None:
        return delivery.get_state_display(), COLOURS[OfferState(delivery.state)]
    if delivery.bank.status != BankStatus.ACTIVE:
        status = BankStatus(delivery.bank.status).label
        return _("not delivered yet: the bank is %(status)s") % {"status": status}, ""
    return _("not delivered yet"), ""
