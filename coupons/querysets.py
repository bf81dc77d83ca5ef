from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from coupons.choices import BatchState, CouponState


class BatchQuerySet(QuerySet):
    def live(self) -> BatchQuerySet:
        return self.filter(state=BatchState.LIVE)

    def decided(self) -> BatchQuerySet:
        """Those whose coupons have been in the hands of customers, or could have been."""
        return self.filter(state__in=[BatchState.LIVE, BatchState.FROZEN, BatchState.RECALLED])


class CouponQuerySet(QuerySet):
    def of_customer(self, number: str) -> CouponQuerySet:
        return self.filter(customer_number=number)

    def expired(self, *, at: datetime) -> CouponQuerySet:
        """By the clock, whether or not the row says so yet; a lock that holds keeps it alive."""
        open_states = [CouponState.STOCKED, CouponState.CLAIMED, CouponState.LOCKED]
        held = Q(state=CouponState.LOCKED, lock_until__gt=at)
        return self.filter(
            Q(state=CouponState.EXPIRED) | Q(state__in=open_states, valid_until__lte=at) & ~held
        )
