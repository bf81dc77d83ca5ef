"""The wallet: a customer's coupons by what they are now, in pages that hold while it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from coupons.wallet.choices import WalletState
from coupons.wallet.holdings import COLUMNS, EFFECTIVE, FROM_HELD, NAMES, Held, held
from tenants.statements import fetch

# What can be used comes first that expires first, what is over, first that ended last. The key
# of the order is a number, so that one comparison serves every state.
_PAGE = f"""
    WITH mine AS (SELECT {COLUMNS}, {EFFECTIVE} AS effective {FROM_HELD}),
    keyed AS (
        SELECT mine.*,
            CASE effective
                WHEN 'upcoming' THEN extract(epoch FROM valid_from)
                WHEN 'redeemed' THEN -extract(epoch FROM coalesce(redeemed_at, valid_until))
                WHEN 'expired' THEN -extract(epoch FROM valid_until)
                WHEN 'voided' THEN -extract(epoch FROM coalesce(claimed_at, valid_until))
                ELSE extract(epoch FROM valid_until)
            END AS key,
            count(*) OVER (PARTITION BY effective) AS total
        FROM mine
    ),
    placed AS (
        SELECT keyed.*, row_number() OVER (PARTITION BY effective ORDER BY key, id) AS place
        FROM keyed
        WHERE (:state = '' OR effective = :state)
            AND (:after_id::bigint = 0 OR (key, id) > (:after_key, :after_id))
    )
    SELECT {NAMES}, effective, key, total
    FROM placed WHERE place <= :wanted ORDER BY effective, place
"""  # noqa: S608  our own text
_ONE = f"SELECT {COLUMNS}, {EFFECTIVE} {FROM_HELD} AND coupon.id = :coupon_id"
_SOME = f"SELECT {COLUMNS}, {EFFECTIVE} {FROM_HELD} AND coupon.id = ANY(:ids::bigint[])"


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which coupon a page begins; the default: at the beginning."""

    key: Decimal = Decimal(0)
    coupon_id: int = 0


BEGINNING = Place()


@dataclass(slots=True)
class Group:
    state: str
    total: int = 0
    coupons: list[Held] = field(default_factory=list)
    last: Place = BEGINNING
    # Behind which the next page begins; None = this is all.
    next: Place | None = None


def wallet_of(
    customer_number: str,
    *,
    at: datetime,
    state: str = "",
    after: Place = BEGINNING,
    size: int = 20,
) -> list[Group]:
    """A page of every state, or of one; ``after`` goes with one."""
    rows = fetch(
        _PAGE,
        {
            "number": customer_number, "at": at, "state": state, "after_key": str(after.key),
            "after_id": after.coupon_id, "wanted": size + 1,
        },
    )  # fmt: skip
    groups = {name: Group(name) for name in WalletState.values if state in ("", name)}
    for *columns, key, total in rows:
        one = held(columns)
        _add(groups[one.state], one, Place(key, one.row.id), total, size)
    return list(groups.values())


def _add(group: Group, one: Held, place: Place, total: int, size: int) -> None:
    group.total = total
    if len(group.coupons) < size:
        group.coupons.append(one)
        group.last = place
    else:
        group.next = group.last


def coupon_of(customer_number: str, coupon_id: int, *, at: datetime) -> Held | None:
    """None = there is no such coupon, or it is another customer's."""
    rows = fetch(_ONE, {"number": customer_number, "at": at, "coupon_id": coupon_id})
    return held(rows[0]) if rows else None


def coupons_of(customer_number: str, ids: Sequence[int], *, at: datetime) -> dict[int, Held]:
    """By their ids; those of other customers are missing."""
    if not ids:
        return {}
    rows = fetch(_SOME, {"number": customer_number, "at": at, "ids": list(ids)})
    return {one.row.id: one for one in map(held, rows)}
