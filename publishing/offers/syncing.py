"""Carries offers from the platform to one bank, and the bank's answers back.

Each side is written in its own schema and transaction; every step may be done again, and moves only
forward, so that neither a lost message nor two runs at once leave anything wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Min
from django.db.models.functions import Coalesce
from django_tenants.utils import tenant_context

from audit.context import current_schema
from publishing.choices import OfferState
from publishing.models import Publication, ReceivedOffer
from publishing.offers.models import OfferDelivery
from publishing.offers.receiving import receive_offers
from tenants.platform import PLATFORM


def sync_bank(at: datetime) -> int:
    """For the current bank; says how many offers were looked at."""
    schema = current_schema()
    with tenant_context(PLATFORM):
        deliveries = list(
            OfferDelivery.objects.unsettled(at)
            .filter(bank__schema_name=schema)
            .select_related("offer__offered_by")
            .order_by("pk")
        )
    receive_offers(_received(each) for each in deliveries if each.delivered_at is None)
    answers = _answers([each.offer_id for each in deliveries])
    with tenant_context(PLATFORM):
        for delivery in deliveries:
            _report(delivery, answers.get(delivery.offer_id), at)
    return len(deliveries)


def _received(delivery: OfferDelivery) -> ReceivedOffer:
    offer = delivery.offer
    return ReceivedOffer(
        offer_id=offer.pk,
        kind=offer.kind,
        title=offer.title,
        content=offer.content,
        note=offer.note,
        offered_by=str(offer.offered_by)[:150],
        offered_at=offer.offered_at,
    )


def _answers(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = ReceivedOffer.objects.filter(offer_id__in=ids)
    fields = ("offer_id", "state", "answered_at", "answer_note", "draft_uid")
    found = {row["offer_id"]: row for row in rows.values(*fields)}
    drafts = [row["draft_uid"] for row in found.values() if row["draft_uid"]]
    published = dict(
        Publication.objects.filter(target_id__in=drafts)
        .order_by()
        .values_list("target_id")
        .annotate(first=Min("published_at"))
    )
    return {key: {**row, "published_at": published.get(row["draft_uid"])}
            for key, row in found.items()}  # fmt: skip


def _report(delivery: OfferDelivery, answer: dict[str, Any] | None, at: datetime) -> None:
    if answer is None:
        return
    columns: dict[str, Any] = {"delivered_at": Coalesce(F("delivered_at"), at), "seen_at": at}
    if answer["state"] != OfferState.WAITING:
        columns |= {name: answer[name] for name in ("state", "answered_at", "answer_note")}
    if answer["published_at"] is not None:
        columns["published_at"] = answer["published_at"]
    OfferDelivery.objects.filter(pk=delivery.pk).update(**columns)
