"""Taking a coupon from the stock of a template: each taker another one, nobody waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from coupons.life.statements import fetch

_LAST_ID = 2**63 - 1


class Taken(NamedTuple):
    coupon_id: int
    batch_id: int
    face_cents: int
    valid_from: datetime | None
    valid_until: datetime


class _Mark(NamedTuple):
    """Where this process last took from: what lies before it is taken, or is met again when
    nothing lies behind it. Else every taker walks over the remains of all that were taken since
    the last vacuum."""

    batch_id: int
    valid_until: datetime
    coupon_id: int


_marks: dict[tuple[str, int, tuple[int, ...]], _Mark] = {}
_NOWHERE = 0
# What expires first goes first. The batch's state is looked at in the same statement.
_TAKE = """
    UPDATE {schema}.coupons_coupon AS coupon
    SET state = 'claimed', customer_number = :customer_number, claimed_at = :at,
        terms_version = :terms_version, valid_until = least(coupon.valid_until, :latest)
    WHERE coupon.state = 'stocked' AND coupon.id = (
        SELECT picked.id
        FROM (
            SELECT id FROM {schema}.coupons_batch
            WHERE template_id = :template_id AND state = 'live' AND NOT is_exhausted
            ORDER BY id
        ) AS batch
        CROSS JOIN LATERAL (
            SELECT stocked.id FROM {schema}.coupons_coupon AS stocked
            WHERE stocked.batch_id = batch.id AND stocked.state = 'stocked'
                AND (stocked.valid_until, stocked.id) > (
                    CASE WHEN batch.id = :mark_batch THEN :mark_until ELSE :at::timestamptz END,
                    CASE WHEN batch.id = :mark_batch THEN :mark_id ELSE :last_id::bigint END
                )
                AND stocked.customer_number = ''
                AND (stocked.branch_id IS NULL OR stocked.branch_id = ANY(:branch_ids))
            ORDER BY stocked.valid_until, stocked.id
            LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS picked
        LIMIT 1
    )
    RETURNING coupon.id, coupon.batch_id, coupon.face_cents, coupon.valid_from,
        coupon.valid_until, (
            SELECT stocked.valid_until FROM {schema}.coupons_coupon AS stocked
            WHERE stocked.id = coupon.id
        )
"""


def take(
    *,
    template_id: int,
    terms_version: int,
    customer_number: str,
    branch_ids: Sequence[int],
    latest: datetime,
    at: datetime,
) -> Taken | None:
    """One stocked coupon becomes the customer's, valid until ``latest`` at most; None = there is
    none left for a customer of these branches (the own one and those above it)."""
    place = (connection.schema_name, template_id, tuple(branch_ids))
    values = {
        "template_id": template_id,
        "terms_version": terms_version,
        "customer_number": customer_number,
        "branch_ids": list(branch_ids),
        "latest": latest,
        "at": at,
        "last_id": _LAST_ID,
    }
    mark = _marks.get(place)
    if mark is not None and mark.valid_until > at:
        found = _taken(place, {**values, **_from(mark)})
        if found is not None:
            return found
        _marks.pop(place, None)
    return _taken(place, {**values, **_from(_Mark(_NOWHERE, at, 0))})


def _from(mark: _Mark) -> dict[str, object]:
    return {
        "mark_batch": mark.batch_id, "mark_until": mark.valid_until, "mark_id": mark.coupon_id
    }  # fmt: skip


def _taken(place: tuple[str, int, tuple[int, ...]], values: dict[str, object]) -> Taken | None:
    rows = fetch(_TAKE, values)
    if not rows:
        return None
    *columns, stocked_until = rows[0]
    taken = Taken(*columns)
    _marks[place] = _Mark(taken.batch_id, stocked_until, taken.coupon_id)
    return taken


def forget() -> None:
    """For tests, whose stock is taken back."""
    _marks.clear()
