"""What the bank still owes: coupons that customers hold and have not used, as of a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from coupons.choices import Bearer
from coupons.models import Batch, Coupon, LedgerEntry, TemplateTerms
from coupons.stock.ledgers import run

# Upper bounds in days, the last one open. "ended" are past their validity and not closed yet.
EXPIRY_DAYS = (3, 7, 30, 90)
AGE_DAYS = (7, 30, 90)
ENDED = "ended"
LATER = "later"
EXPIRIES = (ENDED, *map(str, EXPIRY_DAYS), LATER)
AGES = (*map(str, AGE_DAYS), LATER)

# A coupon that has moved since was, at the moment, where its first move since then took it from.
# Grouped by yes and no for each bound, of which the planner knows that they are two: it then counts
# in a hash table instead of sorting millions.
# Counted by face value before anything is multiplied: shares of each are rounded as in Terms.split,
# and what rounding leaves over is one bearer's.
_OUTSTANDING = """
    WITH moved AS (
        SELECT DISTINCT ON (coupon_id) coupon_id, from_state FROM {ledger}
        WHERE at >= %(at)s AND coupon_id IS NOT NULL ORDER BY coupon_id, id
    ), held AS (
        SELECT coupon.template_id, coupon.terms_version, coupon.face_cents, {bounds},
            count(*) AS number
        FROM {coupons} AS coupon
        JOIN {batches} AS batch
            ON batch.id = coupon.batch_id AND batch.state IN ('live', 'frozen', 'recalled')
        LEFT JOIN moved ON moved.coupon_id = coupon.id
        WHERE coupon.claimed_at < %(at)s AND (
            moved.from_state IN ('claimed', 'locked', 'frozen')
            OR moved.coupon_id IS NULL AND coupon.state IN ('claimed', 'locked', 'frozen')
        )
        GROUP BY coupon.template_id, coupon.terms_version, coupon.face_cents, {names}
    ), shares AS (
        SELECT template_id, version,
            coalesce((terms->'bearers'->>'province')::bigint, 0) AS province,
            coalesce((terms->'bearers'->>'bank')::bigint, 0) AS bank,
            coalesce((terms->'bearers'->>'merchant')::bigint, 0) AS merchant
        FROM {terms}
    )
    SELECT held.template_id, terms_version, {expiry}, {age}, sum(number), sum(number * face_cents),
        sum(number * (face_cents * coalesce(province, 0) / 10000)),
        sum(number * (face_cents * coalesce(bank, 0) / 10000)),
        sum(number * (face_cents * coalesce(merchant, 0) / 10000)),
        max(coalesce(province, 0)), max(coalesce(bank, 0)), max(coalesce(merchant, 0))
    FROM held LEFT JOIN shares
        ON shares.template_id = held.template_id AND shares.version = held.terms_version
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


@dataclass(slots=True)
class Owed:
    """Coupons of one template in one bucket. The cost is what the bearers pay if all are used."""

    template: int
    count: int = 0
    face_cents: int = 0
    province_cents: int = 0
    bank_cents: int = 0
    merchant_cents: int = 0
    expiry: str = ""
    age: str = ""

    def add(self, other: Owed) -> None:
        self.count += other.count
        self.face_cents += other.face_cents
        self.province_cents += other.province_cents
        self.bank_cents += other.bank_cents
        self.merchant_cents += other.merchant_cents

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def outstanding(at: datetime) -> list[Owed]:
    """By template and bucket, in a fixed order; past moments give what they gave then."""
    models = {
        "ledger": LedgerEntry, "terms": TemplateTerms, "coupons": Coupon, "batches": Batch
    }  # fmt: skip
    found: dict[tuple[int, str, str], Owed] = {}
    with run(_statement(), models, {"at": at}) as cursor:
        for template, _version, expiry, age, count, face, *cost in cursor:
            province, bank, merchant = _split(int(face), cost)
            owed = Owed(template, int(count), int(face), province, bank, merchant)
            key = (template, EXPIRIES[expiry], AGES[age])
            found.setdefault(key, Owed(template, expiry=key[1], age=key[2])).add(owed)
    return list(found.values())


def by_template(owed: Iterable[Owed]) -> list[Owed]:
    return _added(owed, lambda each: (each.template, "", ""))


def by_expiry(owed: Iterable[Owed]) -> list[Owed]:
    return _added(owed, lambda each: (0, each.expiry, ""))


def by_age(owed: Iterable[Owed]) -> list[Owed]:
    return _added(owed, lambda each: (0, "", each.age))


def by_template_and_expiry(owed: Iterable[Owed]) -> list[Owed]:
    return _added(owed, lambda each: (each.template, each.expiry, ""))


def still_valid(owed: Iterable[Owed]) -> list[Owed]:
    return [each for each in owed if each.expiry != ENDED]


def _added(owed: Iterable[Owed], key: Any) -> list[Owed]:
    sums: dict[tuple[int, str, str], Owed] = {}
    for each in owed:
        template, expiry, age = key(each)
        place = sums.setdefault(
            (template, expiry, age), Owed(template, expiry=expiry, age=age)
        )  # fmt: skip
        place.add(each)
    return list(sums.values())


@cache
def _statement() -> str:
    expiry = {f"e{days}": f"valid_until <= %(at)s + interval '{days} days'"
              for days in (0, *EXPIRY_DAYS)}  # fmt: skip
    age = {f"a{days}": f"claimed_at > %(at)s - interval '{days} days'" for days in AGE_DAYS}
    parts = {
        "bounds": ", ".join(f"{test} AS {name}" for name, test in {**expiry, **age}.items()),
        "names": ", ".join([*expiry, *age]),
        "expiry": _place(expiry),
        "age": _place(age),
    }
    statement = _OUTSTANDING
    for name, text in parts.items():
        statement = statement.replace(f"{{{name}}}", text)
    return statement


def _place(bounds: Iterable[str]) -> str:
    """How many bounds lie before the one that holds: its place among the names."""
    return " + ".join(f"(NOT {name})::int" for name in bounds)


def _split(face: int, cost: list[Any]) -> list[int]:
    """``cost``: the three sums of rounded shares, then the three shares in basis points."""
    parts, shares = [int(each) for each in cost[:3]], [int(each) for each in cost[3:]]
    bank = Bearer.values.index(Bearer.BANK)
    taker = bank if shares[bank] else shares.index(max(shares))
    parts[taker] += face - sum(parts)
    return parts
