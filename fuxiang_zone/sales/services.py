"""Reservations: units of a product are held for a customer, then confirmed, released or given back
by the clock. Every limit is claimed in the statement that writes the reservation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fuxiang_zone.choices import ActorKind
from fuxiang_zone.errors import BadAmount, UnknownReservation
from fuxiang_zone.models import Reservation
from fuxiang_zone.sales import deciding, overdue, reserving
from fuxiang_zone.sales.actors import Doer
from fuxiang_zone.sales.reserving import Reserved
from operators.permissions import require, require_branch

__all__ = [
    "Reserved", "confirm_reservation", "expire_reservations", "release_reservation",
    "reserve_units",
]  # fmt: skip
RELEASE = "fuxiang_zone.release_reservation"


def reserve_units(
    *,
    actor: Doer,
    product_uid: UUID,
    customer_number: str,
    units: int,
    key: str,
    at: datetime | None = None,
) -> Reserved:
    """Raises ``ZoneRefused`` with the failing condition, or ``UnknownProduct``. A refusal leaves
    nothing behind, the key included."""
    return reserving.reserve(
        actor=actor, product_uid=product_uid, customer_number=customer_number, units=units,
        key=key, at=at or timezone.now(),
    )  # fmt: skip


def confirm_reservation(
    *, actor: Doer, reservation_id: UUID, reference: str, at: datetime | None = None
) -> Reserved:
    """The bank's core has booked it under ``reference``; once and for all."""
    return deciding.confirm(
        actor=actor, reservation_id=reservation_id, reference=reference.strip(),
        at=at or timezone.now(),
    )  # fmt: skip


def release_reservation(
    *,
    actor: Doer,
    reservation_id: UUID,
    customer_number: str | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Reserved:
    """The units go back. A customer releases their own; an operator with the permission those of
    their branch, and says why; a system every one, or that of the customer it names."""
    if actor.operator is not None:
        _require_operator(actor, reservation_id, reason)
    if actor.kind == ActorKind.CUSTOMER:
        customer_number = actor.name
    return deciding.release(
        actor=actor, reservation_id=reservation_id, customer_number=customer_number,
        reason=reason, at=at or timezone.now(),
    )  # fmt: skip


def _require_operator(actor: Doer, reservation_id: UUID, reason: str) -> None:
    assert actor.operator is not None
    require(actor.operator, RELEASE)
    if not reason.strip():
        raise BadAmount(_("Say why the reservation is released."), code="no_reason")
    paths = Reservation.objects.filter(pk=reservation_id).values_list("branch_path", flat=True)
    path = paths.first()
    if path is None:
        raise UnknownReservation(_("There is no such reservation."))
    require_branch(actor.operator, path)


def expire_reservations(*, at: datetime | None = None) -> int:
    """Of the current bank; how many were overdue."""
    return overdue.expire_reservations(at=at or timezone.now())
