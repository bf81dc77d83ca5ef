"""Coupons page by page for people to look through: millions of them, no page dearer than the first.

The order is that of the batches, the newest first, and in a batch the last row first. Every page is
a walk along an index from a known place on; nothing is counted, nothing is skipped over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import itemgetter, or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from coupons.choices import CouponState
from coupons.models import Batch, Coupon, CouponTemplate
from coupons.querysets import BatchQuerySet, CouponQuerySet
from coupons.stock import standing
from coupons.stock.codes import Vault
from customers.models import Customer
from operators.models import Branch

ORDER = ("-batch_id", "-id")
# More customers than this under one beginning of a number: the operator types more of it.
CUSTOMERS = 50
# Of what has expired by the clock and is not written down yet; the daily tidying leaves nothing.
OVERDUE = 100_000
# Coupons of the customers that were found.
WALLETS = 10_000
EXPORT_BATCH = 1000
# Batches that are looked through first.
FIRST_STRETCH = 4


class BatchLine(NamedTuple):
    id: int
    name: str
    state: str
    template_id: int
    template_title: str


class Place(NamedTuple):
    """The last coupon of a page: the next one begins behind it."""

    batch_id: int
    coupon_id: int

    def __str__(self) -> str:
        return f"{self.batch_id}-{self.coupon_id}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        batch_id, _dash, coupon_id = text.partition("-")
        numbers = (batch_id, coupon_id)
        if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in numbers):
            return None
        return cls(int(batch_id), int(coupon_id))


@dataclass(frozen=True, slots=True)
class Asked:
    """``state`` is the one in effect; ``branches``: None = of any branch and of none."""

    state: str = ""
    template_id: int | None = None
    batch_id: int | None = None
    branches: tuple[int, ...] | None = None
    customers: tuple[str, ...] | None = None

    def suits(self, batch: BatchLine) -> bool:
        return self.template_id in (None, batch.template_id) and self.batch_id in (None, batch.id)


@dataclass(frozen=True, slots=True)
class CouponPage:
    rows: list[Coupon] = field(default_factory=list)
    next_place: Place | None = None


def decided_batches() -> list[BatchLine]:
    """The newest first. Coupons of the others are nobody's to see."""
    return _lines(Batch.objects.decided().order_by("-id"))


def _lines(batches: BatchQuerySet) -> list[BatchLine]:
    columns = ("id", "name", "state", "template_id", "template__title")
    return [BatchLine(*row) for row in batches.values_list(*columns)]


class Choices(NamedTuple):
    """The newest batch first; branches as (id, path, name), in the order of the tree."""

    batches: list[BatchLine]
    branches: list[tuple[int, str, str]]


def choices_under(path: str) -> Choices:
    """What a list can be narrowed to and its rows are called by, in one statement."""
    batches = _choices(Batch.objects.decided(), "batch", F("name"), F("state"), F("template_id"))
    templates = _choices(CouponTemplate.objects.all(), "template", F("title"), Value(""))
    under = Branch.objects.filter(path__startswith=path) if path else Branch.objects.all()
    branches = _choices(under.order_by(), "branch", F("name"), F("path"))
    found: dict[str, list[tuple[Any, ...]]] = {"batch": [], "template": [], "branch": []}
    for kind, *row in batches.union(templates, branches, all=True):
        found[kind].append(tuple(row))
    titles = {pk: title for pk, title, *_rest in found["template"]}
    lines = [
        BatchLine(pk, name, state, template, titles.get(template, ""))
        for pk, name, state, template, *_rest in sorted(found["batch"], reverse=True)
    ]
    tree = sorted(found["branch"], key=itemgetter(2))
    return Choices(lines, [(pk, place, name) for pk, name, place, *_rest in tree])


def _choices(rows: QuerySet, kind: str, name: Any, more: Any, of: Any = None) -> QuerySet:
    of = Value(0) if of is None else of
    columns = {
        "a_kind": Value(kind), "a_pk": F("pk"), "a_name": Cast(name, TextField()),
        "a_more": Cast(more, TextField()), "an_of": Cast(of, BigIntegerField()),
    }  # fmt: skip
    return rows.order_by().annotate(**columns).values_list(*columns)


def customers_called(number: str) -> tuple[str, ...]:
    """The numbers that begin like this; whole numbers are found also when the customer is gone."""
    found = Customer.objects.filter(number__startswith=number).order_by("number")
    return tuple({number, *found.values_list("number", flat=True)[:CUSTOMERS]})


def is_number(text: str) -> bool:
    """Whether a customer's number begins like this."""
    return Customer.objects.filter(number__startswith=text).exists()


def key_of(code: str) -> UUID:
    """As codes are taken in: NFKC, trimmed."""
    return Vault().key_of(unicodedata.normalize("NFKC", code).strip())


def coupon_of_key(key: UUID) -> tuple[Coupon, BatchLine] | None:
    """By the whole code only: its digest is found, or nothing is."""
    names = {"batch_name": F("batch__name"), "title": F("batch__template__title")}
    decided = Coupon.objects.filter(code_key=key, batch__state__in=standing.DECIDED)
    rows = decided.order_by().annotate(batch_state=F("batch__state"), **names)
    coupon: Any = next(iter(rows), None)
    if coupon is None:
        return None
    of = (coupon.batch_id, coupon.batch_name, coupon.batch_state, coupon.template_id, coupon.title)
    return coupon, BatchLine(*of)


def read_page(
    asked: Asked,
    batches: Sequence[BatchLine],
    *,
    at: datetime,
    size: int,
    after: Place | None = None,
) -> CouponPage:
    """``batches`` as ``decided_batches`` gives them. Most pages are one statement: the newest
    batches alone fill them."""
    fitting = [batch for batch in batches if asked.suits(batch)]
    rows: list[Coupon] = []
    for stretch in _stretches(fitting, after, whole=asked.customers is not None):
        rows += _merged(list(_parts(asked, stretch, at, after)), size + 1 - len(rows))
        if len(rows) > size:
            return CouponPage(rows[:size], Place(rows[size - 1].batch_id, rows[size - 1].pk))
    return CouponPage(rows)


def read_all(asked: Asked, batches: Sequence[BatchLine], *, at: datetime) -> Iterator[Coupon]:
    page = read_page(asked, batches, at=at, size=EXPORT_BATCH)
    yield from page.rows
    while page.next_place is not None:
        page = read_page(asked, batches, at=at, size=EXPORT_BATCH, after=page.next_place)
        yield from page.rows


def holds_at_most(asked: Asked, batches: Sequence[BatchLine], *, at: datetime, limit: int) -> bool:
    """Without counting any further."""
    left = limit
    for part in _parts(asked, [batch for batch in batches if asked.suits(batch)], at, None):
        left -= part.order_by()[: left + 1].count()
        if left < 0:
            return False
    return True


def _stretches(
    batches: list[BatchLine], after: Place | None, *, whole: bool
) -> Iterator[list[BatchLine]]:
    """Batches to look through together: few at first, as hundreds in one statement take longer to
    plan than to read. After a place: the rest of its batch, then the older ones."""
    if whole:
        yield batches
        return
    if after is not None:
        yield [batch for batch in batches if batch.id == after.batch_id]
        batches = [batch for batch in batches if batch.id < after.batch_id]
    length = FIRST_STRETCH
    while batches:
        yield batches[:length]
        batches, length = batches[length:], length * 8


def _merged(parts: list[CouponQuerySet], size: int) -> list[Coupon]:
    """Of several parts first the keys, in one order, and then the rows."""
    limited = [part.order_by(*ORDER)[:size] for part in parts]
    if len(limited) <= 1:
        return [coupon for part in limited for coupon in part]
    keys = [part.values_list("batch_id", "pk") for part in limited]
    union = keys[0].union(*keys[1:], all=True).order_by("-batch_id", "-pk")[:size]
    return list(Coupon.objects.filter(pk__in=[pk for _batch, pk in union]).order_by(*ORDER))


def _parts(
    asked: Asked, batches: list[BatchLine], at: datetime, after: Place | None
) -> Iterator[CouponQuerySet]:
    """Rows that an index holds in the order of the list."""
    sources = list(_sources(asked.state, batches, at))
    if asked.customers is not None:
        yield from _of_customers(asked, sources, after)
        return
    for ids, condition, is_overdue in sources:
        rows = Coupon.objects.filter(_in(ids, after), condition)
        if asked.branches is not None:
            yield from (rows.filter(branch_id=branch) for branch in asked.branches)
        elif is_overdue:
            yield _fenced(rows.order_by("valid_until")[:OVERDUE])
        else:
            yield rows


Source = tuple[list[int], Q, bool]


def _sources(state: str, batches: list[BatchLine], at: datetime) -> Iterator[Source]:
    overdue = standing.overdue(at) if state == CouponState.EXPIRED else []
    for conditions, is_overdue in ((standing.conditions(state, at), False), (overdue, True)):
        for condition, states in conditions:
            ids = [batch.id for batch in batches if batch.state in states]
            if ids:
                yield ids, condition, is_overdue


def _in(ids: list[int], after: Place | None) -> Q:
    if after is not None and ids == [after.batch_id]:
        return Q(batch_id=after.batch_id, pk__lt=after.coupon_id)
    return Q(batch_id=ids[0]) if len(ids) == 1 else Q(batch_id__in=ids)


def _of_customers(
    asked: Asked, sources: list[Source], after: Place | None
) -> Iterator[CouponQuerySet]:
    """Few rows, found by their customers, and only then looked at."""
    if not sources:
        return
    wallets = Coupon.objects.filter(customer_number__in=asked.customers or ())
    rows = _fenced(wallets.order_by("customer_number", "valid_until")[:WALLETS])
    rows = rows.filter(
        reduce(or_, (Q(batch_id__in=ids) & condition for ids, condition, _overdue in sources))
    )
    if asked.branches is not None:
        rows = rows.filter(branch_id__in=asked.branches)
    if after is not None:
        behind = Q(batch_id=after.batch_id, pk__lt=after.coupon_id)
        rows = rows.filter(behind | Q(batch_id__lt=after.batch_id))
    yield rows


def _fenced(found: CouponQuerySet) -> CouponQuerySet:
    """Found first, put in order afterwards: the planner may not walk the list's order instead."""
    return Coupon.objects.filter(pk__in=found.values("pk"))
