"""What customers hold and will lose soon: by template, and row by row in the order of the ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min, Q, QuerySet, Sum

from coupons.choices import BatchState, CouponState
from coupons.models import Batch, Coupon, CouponTemplate

SPANS = (7, 30)
PAGE_SIZE = 50
_HELD = [CouponState.CLAIMED.value, CouponState.LOCKED.value]


class Place(NamedTuple):
    """The last coupon of a page."""

    until: datetime
    coupon_id: int

    def __str__(self) -> str:
        return f"{self.until.isoformat()}~{self.coupon_id}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        until, _tilde, coupon_id = text.partition("~")
        try:
            moment = datetime.fromisoformat(until)
        except ValueError:
            return None
        is_number = coupon_id.isascii() and coupon_id.isdigit() and len(coupon_id) < 19
        return cls(moment, int(coupon_id)) if moment.tzinfo is not None and is_number else None


@dataclass(frozen=True, slots=True)
class Group:
    template_id: int
    title: str
    count: int
    face_cents: int
    first_until: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Coupons whose validity ends in the next ``days``; ``branches``: None = of any and of none."""

    days: int
    at: datetime
    template_id: int | None = None
    branches: Sequence[int] | None = None


def expiring_groups(wanted: Wanted) -> list[Group]:
    """The largest first."""
    rows = _expiring(wanted).order_by().values("template_id")
    counted = rows.annotate(number=Count("pk"), cents=Sum("face_cents"), first=Min("valid_until"))
    found = {row["template_id"]: row for row in counted}
    titles = dict(CouponTemplate.objects.filter(pk__in=found).values_list("pk", "title"))
    groups = [
        Group(pk, titles.get(pk, ""), row["number"], row["cents"], row["first"])
        for pk, row in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.template_id))


def expiring_page(wanted: Wanted, after: Place | None = None) -> tuple[list[Coupon], Place | None]:
    rows = _expiring(wanted).select_related("batch", "template", "branch")
    if after is not None:
        behind = Q(valid_until=after.until, pk__gt=after.coupon_id)
        rows = rows.filter(Q(valid_until__gte=after.until), behind | Q(valid_until__gt=after.until))
    found = list(rows.order_by("valid_until", "pk")[: PAGE_SIZE + 1])
    if len(found) <= PAGE_SIZE:
        return found, None
    last = found[PAGE_SIZE - 1]
    return found[:PAGE_SIZE], Place(last.valid_until, last.pk)


def _expiring(wanted: Wanted) -> QuerySet:
    """Of live batches only: what is frozen or recalled is not theirs to use."""
    live = Batch.objects.filter(state=BatchState.LIVE)
    if wanted.template_id is not None:
        live = live.filter(template_id=wanted.template_id)
    rows = Coupon.objects.filter(
        state__in=_HELD,
        batch_id__in=list(live.values_list("pk", flat=True)),
        valid_until__gt=wanted.at,
        valid_until__lte=wanted.at + timedelta(days=wanted.days),
    )
    if wanted.template_id is not None:
        rows = rows.filter(template_id=wanted.template_id)
    return rows if wanted.branches is None else rows.filter(branch_id__in=wanted.branches)
