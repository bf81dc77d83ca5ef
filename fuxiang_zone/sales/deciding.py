"""What becomes of a reservation: confirmed by the bank's core, or released."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fuxiang_zone import events
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.errors import BadAmount, ReservationOver, UnknownReservation
from fuxiang_zone.sales.actors import Doer
from fuxiang_zone.sales.keys import share_id
from fuxiang_zone.sales.landing import land, statement
from fuxiang_zone.sales.reserving import Reserved, audited
from fuxiang_zone.sales.rows import Row, clock, moment, read_row

MAX_REFERENCE = 64
_DECIDE = """
    UPDATE {schema}.fuxiang_zone_reservation
    SET state = :state, decided_at = :at, reference = :reference
    WHERE id = :id AND state = 'held' AND expires_at > :at
    RETURNING 1
"""
_SHARE_BACK = """
    UPDATE {schema}.fuxiang_zone_customershare SET units = units - :units
    WHERE id = :share_id AND units >= :units AND EXISTS (SELECT 1 FROM decided)
    RETURNING 1
"""
_CONFIRMED = """
    UPDATE {schema}.fuxiang_zone_productaccount
    SET held = held - :units, confirmed = confirmed + :units, changed_at = :at
    WHERE product_id = :product_id AND held >= :units AND {landed}
    RETURNING 1
"""
_RELEASED = """
    UPDATE {schema}.fuxiang_zone_productaccount SET held = held - :units, changed_at = :at
    WHERE product_id = :product_id AND held >= :units AND {landed}
    RETURNING 1
"""


def confirm(*, actor: Doer, reservation_id: UUID, reference: str, at: datetime) -> Reserved:
    """``reference``: of the bank's core. The same one again is the same confirmation."""
    if not 0 < len(reference) <= MAX_REFERENCE:
        raise BadAmount(_("Name the core's reference, of 1 to 64 characters."), code="no_reference")
    row, uid = _known(reservation_id, None)
    values = _values(row, ReservationState.CONFIRMED, reference, at)
    values |= audited(
        events.CONFIRMED, actor, row, at=at, state=ReservationState.CONFIRMED, reference=reference
    )
    if row.state_at(at) == ReservationState.HELD and land(_confirming(), values):
        row = row._replace(
            state=ReservationState.CONFIRMED.value, decided_at=at, reference=reference
        )
        return Reserved(200, row.document(uid, at))
    row, uid = _known(reservation_id, None)
    if row.state != ReservationState.CONFIRMED:
        raise _over(row, at)
    if row.reference != reference:
        raise ReservationOver(
            _("This reservation has been confirmed for another reference."),
            code="already_confirmed", confirmed_at=moment(row.decided_at),
        )  # fmt: skip
    return Reserved(200, row.document(uid, at), replayed=True)


def release(
    *,
    actor: Doer,
    reservation_id: UUID,
    customer_number: str | None,
    reason: str = "",
    at: datetime,
) -> Reserved:
    """``customer_number``: whose it must be; ``None`` = who asks may release every customer's.
    Released twice is released."""
    row, uid = _known(reservation_id, customer_number)
    values = _values(row, ReservationState.RELEASED, "", at)
    values |= audited(
        events.RELEASED, actor, row, at=at, state=ReservationState.RELEASED, reason=reason
    )
    if row.state_at(at) == ReservationState.HELD and land(_releasing(), values):
        row = row._replace(state=ReservationState.RELEASED.value, decided_at=at)
        return Reserved(200, row.document(uid, at))
    row, uid = _known(reservation_id, customer_number)
    if row.state != ReservationState.RELEASED:
        raise _over(row, at)
    return Reserved(200, row.document(uid, at), replayed=True)


def _known(reservation_id: UUID, customer_number: str | None) -> tuple[Row, UUID]:
    """Another customer's is unknown too: who asks learns nothing."""
    found = read_row(reservation_id)
    if found is None or customer_number not in (None, found[0].customer_number):
        raise UnknownReservation(_("There is no such reservation."))
    return found


def _over(row: Row, at: datetime) -> Exception:
    state = row.state_at(at)
    if state == ReservationState.CONFIRMED:
        return ReservationOver(
            _("This reservation has been confirmed; it cannot be released any more."),
            code="already_confirmed", confirmed_at=moment(row.decided_at),
        )  # fmt: skip
    if state == ReservationState.RELEASED:
        return ReservationOver(
            _("This reservation has been released."), state=state,
            released_at=moment(row.decided_at),
        )  # fmt: skip
    if state == ReservationState.EXPIRED:
        return ReservationOver(
            _("This reservation was held until %(moment)s.") % {"moment": clock(row.expires_at)},
            state=state, expired_at=moment(row.expires_at),
        )  # fmt: skip
    return RuntimeError(f"reservation {row.id} is held, but its product does not count it")


def _values(row: Row, state: str, reference: str, at: datetime) -> dict[str, Any]:
    return {
        "id": row.id, "state": str(state), "at": at, "reference": reference, "units": row.units,
        "product_id": row.product_id, "share_id": share_id(row.product_id, row.customer_number),
    }  # fmt: skip


@cache
def _confirming() -> str:
    return statement(("decided", _DECIDE), ("account", _CONFIRMED))


@cache
def _releasing() -> str:
    return statement(("decided", _DECIDE), ("share", _SHARE_BACK), ("account", _RELEASED))
