"""What coupons know about one customer, for the page of the customer's history."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from coupons.choices import LedgerAction
from coupons.models import Coupon, CouponTemplate, LedgerEntry
from coupons.timelines import COLOURS, facts_of
from customers import histories
from customers.histories import Line, Wanted

NAME = "coupon"


def register_histories() -> None:
    histories.register_source(NAME, _("coupons"), coupon_lines)


def coupon_lines(wanted: Wanted) -> list[Line]:
    # By their coupons: the ledger has no index of customers.
    own = Coupon.objects.of_customer(wanted.customer_number)
    rows = LedgerEntry.objects.filter(coupon_id__in=list(own.values_list("pk", flat=True)))
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    found = list(_before(rows, wanted).order_by("-at", "-id")[: wanted.limit])
    ids = {entry.template_id for entry in found}
    titles = dict(CouponTemplate.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [_line(entry, titles.get(entry.template_id, "")) for entry in found]


def _before(rows: QuerySet, wanted: Wanted) -> QuerySet:
    if wanted.before is None:
        return rows
    at, key = wanted.before
    return rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=min(key.int, 2**63 - 1)))


def _line(entry: LedgerEntry, title: str) -> Line:
    action = LedgerAction(entry.action)
    return Line(
        at=entry.at,
        key=UUID(int=entry.pk),
        what=action.label,
        title=title,
        details=" · ".join([f"#{entry.coupon_id}", *facts_of(entry)]),
        reported_by=entry.get_channel_display(),
        colour=COLOURS[action],
    )
