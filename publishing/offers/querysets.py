from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from publishing.choices import OfferState

# What nobody has used for so long is no longer asked after.
ASKED_AFTER = timedelta(days=180)


class OfferQuerySet(QuerySet):
    def with_counts(self) -> OfferQuerySet:
        """How many banks it went to, and how they stand to it."""

        return self.annotate(
            banks=Count("deliveries"),
            undelivered=_those(Q(deliveries__delivered_at=None)),
            waiting=_those(Q(deliveries__state=OfferState.WAITING)),
            accepted=_those(Q(deliveries__state=OfferState.ACCEPTED)),
            declined=_those(Q(deliveries__state=OfferState.DECLINED)),
            published=_those(Q(deliveries__published_at__isnull=False)),
        )


def _those(condition: Q) -> Count:
    return Count("deliveries", filter=condition)


class OfferDeliveryQuerySet(QuerySet):
    def unsettled(self, at: datetime) -> OfferDeliveryQuerySet:
        """Of which something may still be new: not there yet, not answered, not published."""
        undone = Q(delivered_at=None) | Q(state=OfferState.WAITING)
        unused = Q(state=OfferState.ACCEPTED, published_at=None)
        return self.filter(undone | unused, offer__offered_at__gt=at - ASKED_AFTER)
