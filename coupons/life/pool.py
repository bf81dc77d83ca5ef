"""Taking a coupon from the stock of a template: each taker another one, nobody waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from tenants.statements import fetch

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


_Place = tuple[str, int]
_marks: dict[_Place, _Mark] = {}
_NOWHERE = 0
# Of one batch after the other; within a batch, what expires first goes first. The batch's state is
# looked at in the same statement. Stock of the customer's branch, or of one above it, goes first.
_LIVE = """
    SELECT id FROM {schema}.coupons_batch
    WHERE template_id = :template_id AND state = 'live' AND NOT is_exhausted
    ORDER BY id
"""
_OF_BRANCHES = f"""
    SELECT picked.id
    FROM ({_LIVE}) AS batch
    CROSS JOIN unnest(:branch_ids::bigint[]) AS own (branch_id)
    CROSS JOIN LATERAL (
        SELECT stocked.id FROM {{schema}}.coupons_coupon AS stocked
        WHERE stocked.batch_id = batch.id AND stocked.branch_id = own.branch_id
            AND stocked.state = 'stocked' AND stocked.valid_until > :at
            AND stocked.customer_number = ''
        ORDER BY stocked.valid_until, stocked.id
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS picked
    LIMIT 1
"""  # noqa: S608  our own text
_FOR_ALL = f"""
    SELECT picked.id
    FROM ({_LIVE}) AS batch
    CROSS JOIN LATERAL (
        SELECT stocked.id FROM {{schema}}.coupons_coupon AS stocked
        WHERE stocked.batch_id = batch.id AND stocked.branch_id IS NULL
            AND stocked.state = 'stocked'
            AND (stocked.valid_until, stocked.id) > (
                CASE WHEN batch.id = :mark_batch THEN :mark_until ELSE :at::timestamptz END,
                CASE WHEN batch.id = :mark_batch THEN :mark_id ELSE :last_id::bigint END
            )
            AND stocked.customer_number = ''
        ORDER BY stocked.valid_until, stocked.id
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS picked
    LIMIT 1
"""  # noqa: S608
# The second pool is only looked into when the first one has nothing.
_TAKE = f"""
    UPDATE {{schema}}.coupons_coupon AS coupon
    SET state = 'claimed', customer_number = :customer_number, claimed_at = :at,
        terms_version = :terms_version, valid_until = least(coupon.valid_until, :latest)
    WHERE coupon.state = 'stocked' AND coupon.id = coalesce(({_OF_BRANCHES}), ({_FOR_ALL}))
    RETURNING coupon.id, coupon.batch_id, coupon.face_cents, coupon.valid_from,
        coupon.valid_until, (
            SELECT stocked.valid_until FROM {{schema}}.coupons_coupon AS stocked
            WHERE stocked.id = coupon.id
        ), coupon.branch_id IS NULL
"""  # noqa: S608
_TAKE_FOR_ALL = _TAKE.replace(f"coalesce(({_OF_BRANCHES}), ({_FOR_ALL}))", f"({_FOR_ALL})")


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
    place = (connection.schema_name, template_id)
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


def _taken(place: _Place, values: dict[str, object]) -> Taken | None:
    rows = fetch(_TAKE if values["branch_ids"] else _TAKE_FOR_ALL, values)
    if not rows:
        return None
    *columns, stocked_until, for_all = rows[0]
    taken = Taken(*columns)
    if for_all:
        _marks[place] = _Mark(taken.batch_id, stocked_until, taken.coupon_id)
    return taken


def forget() -> None:
    """For tests, whose stock is taken back."""
    _marks.clear()
