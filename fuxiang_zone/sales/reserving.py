"""Reserving units: one look that locks nothing, one statement that claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import statements as trail
from fuxiang_zone import events
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.errors import CustomerLimitReached, KeyReused, SoldOut
from fuxiang_zone.sales import keys
from fuxiang_zone.sales.actors import Doer
from fuxiang_zone.sales.landing import land, statement
from fuxiang_zone.sales.overdue import take_back
from fuxiang_zone.sales.rows import COLUMNS, Row
from fuxiang_zone.sales.rules import require_reservable, require_units
from fuxiang_zone.sales.sight import Product, Sight, look
from fuxiang_zone.sales.terms import terms_of

# How often somebody may be faster before we say so.
ATTEMPTS = 5
NO_LIMIT = 2**31 - 1
_RESERVATION = f"""
    INSERT INTO {{schema}}.fuxiang_zone_reservation ({", ".join(COLUMNS)})
    VALUES ({", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (id) DO NOTHING RETURNING 1
"""  # noqa: S608  columns of our own
_SHARE = """
    INSERT INTO {schema}.fuxiang_zone_customershare AS share
        (id, product_id, customer_number, units)
    VALUES (:share_id, :product_id, :customer_number, :units)
    ON CONFLICT (id) DO UPDATE SET units = share.units + excluded.units
    WHERE share.units + excluded.units <= :most
    RETURNING 1
"""
_ACCOUNT = """
    UPDATE {schema}.fuxiang_zone_productaccount SET held = held + :units, changed_at = :held_at
    WHERE product_id = :product_id AND live_version = :terms_version
        AND held + confirmed + :units <= quota AND {landed}
    RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class Reserved:
    """The answer; ``replayed``: given before, under the same key."""

    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Wish:
    doer: Doer
    uid: UUID
    customer_number: str
    units: int
    id: UUID
    fingerprint: str
    at: datetime


def reserve(
    *, actor: Doer, product_uid: UUID, customer_number: str, units: int, key: str, at: datetime
) -> Reserved:
    keys.require_key(key)
    require_units(units)
    payload = {"product": product_uid, "customer": customer_number, "units": units}
    wish = _Wish(
        actor, product_uid, customer_number, units, keys.reservation_id(actor, key),
        keys.fingerprint(payload), at,
    )  # fmt: skip
    for _attempt in range(ATTEMPTS):
        reserved = _tried(wish)
        if reserved is not None:
            return reserved
    raise SoldOut(_("Many customers are reserving this product just now; please try again."))


def _tried(wish: _Wish) -> Reserved | None:
    """``None``: somebody was faster, or there is room again; look once more."""
    sight = look(
        wish.uid, wish.customer_number, units=wish.units, reservation_id=wish.id, at=wish.at
    )
    if sight.known is not None:
        return _replayed(wish, sight.known)
    try:
        product = require_reservable(sight, wish.units, wish.at)
    except (SoldOut, CustomerLimitReached):
        if sight.has_overdue and _made_room(sight, wish.at):
            return None
        raise
    row = _row(wish, product, sight)
    if not land(_statement(), _values(wish, product, row)):
        return None
    return Reserved(200, row.document(wish.uid, wish.at))


def _made_room(sight: Sight, at: datetime) -> bool:
    assert sight.product is not None
    return take_back(sight.product.product_id, at=at) > 0


def _replayed(wish: _Wish, known: Row) -> Reserved:
    if known.fingerprint != wish.fingerprint:
        raise KeyReused(
            _("This Idempotency-Key was used for another request; use a new key for a new change.")
        )
    return Reserved(200, known.document(wish.uid, wish.at), replayed=True)


def _row(wish: _Wish, product: Product, sight: Sight) -> Row:
    assert product.live_version is not None
    return Row(
        id=wish.id, product_id=product.product_id, terms_version=product.live_version,
        customer_number=wish.customer_number, branch_path=sight.buyer.branch_path,
        units=wish.units, amount_cents=wish.units * product.unit_cents,
        state=str(ReservationState.HELD), held_at=wish.at,
        expires_at=wish.at + timedelta(minutes=product.hold_minutes), decided_at=None,
        reference="", actor_kind=str(wish.doer.kind), actor_name=wish.doer.name[:150],
        fingerprint=wish.fingerprint,
    )  # fmt: skip


def _values(wish: _Wish, product: Product, row: Row) -> dict[str, Any]:
    most = product.most_per_customer
    return {
        **row._asdict(),
        "share_id": keys.share_id(product.product_id, wish.customer_number),
        "most": NO_LIMIT if most is None else most,
        **audited(events.RESERVED, wish.doer, row, at=wish.at),
    }


def audited(
    event: str, doer: Doer, row: Row, *, at: datetime, state: str = "", reason: str = "",
    **told: Any,
) -> dict[str, Any]:  # fmt: skip
    """For the trail: customers and systems stand in ``after``, operators as the actor."""
    after = {
        "product": row.product_id,
        "customer": row.customer_number,
        "units": row.units,
        "amount_cents": row.amount_cents,
        "by": f"{doer.kind}: {doer.name}",
        "state": state or row.state,
        **told,
    }
    return trail.parameters(
        event, actor=doer.operator, target_kind="fuxiang_zone.reservation",
        target_id=str(row.id), target_label=terms_of(row.product_id, row.terms_version)["title"],
        after=after, reason=reason, at=at,
    )  # fmt: skip


@cache
def _statement() -> str:
    return statement(("reservation", _RESERVATION), ("share", _SHARE), ("account", _ACCOUNT))
