"""What of a product's quota is taken, and what was reserved and confirmed day by day."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import write_csv
from fuxiang_zone import events
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import Reservation
from fuxiang_zone.products.wording import yuan
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from fuxiang_zone.models import ProductAccount, ZoneProduct
    from operators.models import Operator

DAYS = 30
EXPORT = "fuxiang_zone.export_reservation"
SHANGHAI = ZoneInfo("Asia/Shanghai")
IN_MEMORY = 1_000_000
_GIVEN_BACK = (ReservationState.RELEASED, ReservationState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Day:
    """Units: reserved on that day whatever became of them, confirmed and given back on it."""

    day: date
    reserved: int = 0
    confirmed: int = 0
    confirmed_cents: int = 0
    given_back: int = 0

    @property
    def shown_cents(self) -> str:
        return yuan(self.confirmed_cents)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    label: str
    share: float
    shown: str


@dataclass(frozen=True, slots=True)
class Taken:
    quota: int
    held: int
    confirmed: int
    unit_cents: int

    @property
    def left(self) -> int:
        return self.quota - self.held - self.confirmed

    @property
    def is_sold_out(self) -> bool:
        return self.left <= 0

    @property
    def width(self) -> str:
        return f"{self._share(self.held + self.confirmed):.2f}"

    @property
    def parts(self) -> list[Part]:
        return [
            self._part("redeemed", _("confirmed"), self.confirmed),
            self._part("claimed", _("reserved"), self.held),
            self._part("free", _("left"), self.left),
        ]

    def _part(self, name: str, label: str, units: int) -> Part:
        shown = f"{units:,}"
        if self.unit_cents:
            shown = _("%(units)s · %(sum)s yuan") % {
                "units": shown, "sum": yuan(units * self.unit_cents),
            }  # fmt: skip
        return Part(name, label, self._share(units), shown)

    def _share(self, units: int) -> float:
        return min(100.0, 100 * units / self.quota) if self.quota else 0.0


def taken_of(account: ProductAccount | None, overdue: int = 0) -> Taken | None:
    """``overdue``: units held past their time, free again. None: never published, or nothing of it
    is reserved."""
    if account is None or account.quota is None:
        return None
    return Taken(account.quota, account.held - overdue, account.confirmed, account.unit_cents)


def figures_by_day(product_id: int, *, last: date, days: int = DAYS) -> list[Day]:
    """One entry for each day, the newest first, also where nothing happened."""
    first = _midnight(last - timedelta(days=days - 1))
    rows = Reservation.objects.filter(product=product_id)
    reserved = _by_day(rows, "held_at", first)
    confirmed = _by_day(rows.filter(state=ReservationState.CONFIRMED), "decided_at", first)
    returned = _by_day(rows.filter(state__in=_GIVEN_BACK), "decided_at", first)
    none = (0, 0)

    def of(day: date) -> Day:
        units, cents = confirmed.get(day, none)
        return Day(day, reserved.get(day, none)[0], units, cents, returned.get(day, none)[0])

    return [of(last - timedelta(days=number)) for number in range(days)]


def _by_day(rows: QuerySet[Reservation], moment: str, first: datetime) -> dict[Any, Any]:
    found = rows.filter(**{f"{moment}__gte": first}).order_by()
    on = found.annotate(on=TruncDate(moment, tzinfo=SHANGHAI)).values("on")
    summed = on.annotate(sum_units=Sum("units"), sum_cents=Sum("amount_cents"))
    return {row["on"]: (row["sum_units"], row["sum_cents"]) for row in summed}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def today() -> date:
    return datetime.now(SHANGHAI).date()


@transaction.atomic
def export_figures(*, actor: Operator, product: ZoneProduct, days: int = DAYS) -> IO[bytes]:
    """What the product's page shows, as a file."""
    require(actor, EXPORT)
    require_branch(actor, product.branch.path if product.branch is not None else "")
    found = figures_by_day(product.pk, last=today(), days=days)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv(_lines(found), file)
    record(
        events.FIGURES_EXPORTED, actor=actor, target=product, branch=product.branch,
        after={"days": days, "rows": len(found)},
    )  # fmt: skip
    file.seek(0)
    return file


def _lines(days: Iterable[Day]) -> Iterator[list[object]]:
    yield [
        _("Date"), _("Reserved (units)"), _("Confirmed (units)"), _("Confirmed (yuan)"),
        _("Given back (units)"),
    ]  # fmt: skip
    for each in days:
        yield [
            each.day.isoformat(), each.reserved, each.confirmed, each.shown_cents, each.given_back,
        ]  # fmt: skip
