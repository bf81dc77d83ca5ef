"""The reservations of one product, as the console lists and exports them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import WRITERS
from fuxiang_zone import events
from fuxiang_zone.choices import ActorKind, ReservationState
from fuxiang_zone.errors import ExportRefused
from fuxiang_zone.models import ProductAccount, Reservation
from fuxiang_zone.products.wording import yuan
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

EXPORT = "fuxiang_zone.export_reservation"
LIMIT = 100_000
CHUNK = 1000
IN_MEMORY = 2_000_000
# Offered in the list's filter; others are found from their own pages.
OFFERED = 200


def in_state(state: str, at: datetime) -> Q:
    """What a reservation is by the clock, not only by its row."""
    overdue = Q(state=ReservationState.HELD, expires_at__lte=at)
    if state == ReservationState.HELD:
        return Q(state=ReservationState.HELD, expires_at__gt=at)
    return overdue | Q(state=state) if state == ReservationState.EXPIRED else Q(state=state)


def products_with_quota(scope: str = "") -> list[tuple[int, str]]:
    """Of the operator's branches; the last one sold first."""
    accounts = ProductAccount.objects.exclude(quota=None, held=0, confirmed=0)
    if scope:
        accounts = accounts.filter(product__branch__path__startswith=scope)
    rows = accounts.order_by("-changed_at", "-product")
    return list(rows.values_list("product", "product__title")[:OFFERED])


def overdue_units(product_id: int) -> int:
    """Held past their time: free again, although nobody has taken them back yet."""
    due = Reservation.objects.filter(
        product=product_id, state=ReservationState.HELD, expires_at__lte=timezone.now()
    )
    return int(due.aggregate(units=Sum("units"))["units"] or 0)


def export_reservations(
    *, actor: Operator, rows: QuerySet[Reservation], file_format: str, query: str, branch: Any
) -> IO[bytes]:
    """A file of ``rows``, open at its start; ``query`` says in the trail what was asked for."""
    require_exportable(actor, rows)
    lines = list(_lines(rows, timezone.now()))
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format](itertools.chain([_headers()], lines), file)
    with transaction.atomic():
        record(
            events.EXPORTED, actor=actor, target_kind=Reservation._meta.label_lower, branch=branch,
            after={"format": file_format, "rows": len(lines), "query": query},
        )  # fmt: skip
    file.seek(0)
    return file


def require_exportable(actor: Operator, rows: QuerySet[Reservation]) -> None:
    require(actor, EXPORT)
    if rows.order_by()[: LIMIT + 1].count() > LIMIT:
        raise ExportRefused(
            _("More than %(limit)s reservations: narrow the filter, for example to some days.")
            % {"limit": f"{LIMIT:,}"}
        )


def _headers() -> list[str]:
    return [
        _("Reservation"), _("Product"), _("Customer number"), _("Units"), _("Amount (yuan)"),
        _("State"), _("Reserved at"), _("Held until"), _("Confirmed or released at"),
        _("Reference"), _("By"),
    ]  # fmt: skip


def _lines(rows: QuerySet[Reservation], at: datetime) -> Iterator[list[object]]:
    for row in _newest_first(rows):
        yield [
            row.pk, row.product.title, row.customer_number, row.units,
            yuan(row.amount_cents).replace(",", ""), state_label(row, at), clock(row.held_at),
            clock(row.expires_at), clock(row.decided_at), row.reference, doer_label(row),
        ]  # fmt: skip


def _newest_first(rows: QuerySet[Reservation]) -> Iterator[Reservation]:
    """In stretches along the index, so that memory stays flat."""
    rows = rows.select_related("product").order_by("-held_at", "-id")
    stretch = list(rows[:CHUNK])
    while stretch:
        yield from stretch
        last = stretch[-1]
        older = rows.filter(held_at__lte=last.held_at)
        stretch = list(older.exclude(held_at=last.held_at, id__gte=last.pk)[:CHUNK])


def state_of(row: Reservation, at: datetime) -> ReservationState:
    if row.state == ReservationState.HELD and row.expires_at <= at:
        return ReservationState.EXPIRED
    return ReservationState(row.state)


def state_label(row: Reservation, at: datetime) -> str:
    return str(state_of(row, at).label)


def doer_label(row: Reservation) -> str:
    kind = ActorKind(row.actor_kind).label
    return f"{kind} {row.actor_name}" if row.actor_kind != ActorKind.CUSTOMER else str(kind)


def clock(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at is not None else ""
