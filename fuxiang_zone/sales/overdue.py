"""Units whose time is over go back to the product: by whoever finds it full, and by the clock.

Locks: reservations (those that somebody is just deciding are left alone), shares in the order of
their keys, then the product; nobody takes them the other way round.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from audit.services import record
from fuxiang_zone import events
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import Reservation
from fuxiang_zone.sales.keys import SHARE_ID
from tenants.statements import fetch

SLICE = 500
_EXPIRE = f"""
    WITH due AS (
        SELECT id FROM {{schema}}.fuxiang_zone_reservation
        WHERE product_id = :product_id AND state = 'held' AND expires_at <= :at
        ORDER BY expires_at LIMIT :slice FOR UPDATE SKIP LOCKED
    ), gone AS (
        UPDATE {{schema}}.fuxiang_zone_reservation AS reservation
        SET state = 'expired', decided_at = :at
        FROM due WHERE reservation.id = due.id
        RETURNING reservation.units,
            {
    SHARE_ID.format(product="reservation.product_id", customer="reservation.customer_number")
} AS share_id
    ), locked AS (
        SELECT id FROM {{schema}}.fuxiang_zone_customershare
        WHERE id IN (SELECT share_id FROM gone) ORDER BY id FOR UPDATE
    ), back AS (
        SELECT share_id, sum(units) AS units FROM gone GROUP BY share_id
    ), shared AS (
        UPDATE {{schema}}.fuxiang_zone_customershare AS share
        SET units = share.units - back.units
        FROM back JOIN locked ON locked.id = back.share_id WHERE share.id = back.share_id
        RETURNING back.units
    )
    SELECT (SELECT count(*) FROM gone), coalesce((SELECT sum(units) FROM gone), 0)::bigint,
        coalesce((SELECT sum(units) FROM shared), 0)::bigint
"""  # noqa: S608  parts of our own
_GIVE_BACK = """
    UPDATE {schema}.fuxiang_zone_productaccount SET held = held - :units, changed_at = :at
    WHERE product_id = :product_id AND held >= :units
    RETURNING 1
"""


def expire_reservations(*, at: datetime) -> int:
    """For the current bank; how many reservations. Safe to run again, and at once."""
    due = Reservation.objects.filter(state=ReservationState.HELD, expires_at__lte=at)
    products = due.order_by("product").values_list("product", flat=True).distinct()
    total = 0
    for product_id in list(products):
        while found := take_back(product_id, at=at):
            total += found
    return total


@transaction.atomic
def take_back(product_id: int, *, at: datetime) -> int:
    """Overdue reservations of one product, a slice of them; the product's row is locked last."""
    values: dict[str, Any] = {"product_id": product_id, "at": at, "slice": SLICE}
    count, units, shared = fetch(_EXPIRE, values)[0]
    if not count:
        return 0
    record(
        events.EXPIRED, actor=None, target_kind="fuxiang_zone.zoneproduct",
        target_id=str(product_id), after={"reservations": count, "units": units}, at=at,
    )  # fmt: skip
    if shared != units or not fetch(_GIVE_BACK, {**values, "units": units}):
        raise RuntimeError(f"product {product_id} holds less than its reservations")
    return int(count)
