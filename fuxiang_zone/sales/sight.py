"""Everything that decides about a reservation, by one statement that locks nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from customers.facts import Facts
from fuxiang_zone.sales.keys import SHARE_ID
from fuxiang_zone.sales.rows import COLUMNS, Row
from tenants.statements import fetch

NO_RESERVATION = UUID(int=0)
# A customer whom the bank has not imported is one all the same, of no branch and of no risk level.
_LOOK = f"""
    SELECT account.product_id, account.uid, account.type_code, account.live_version,
        account.starts_at, account.ends_at, account.audience, account.branch_path,
        account.sale_starts_at, account.sale_ends_at, account.risk_level, account.quota,
        account.unit_cents, account.most_per_customer, account.hold_minutes, account.held,
        account.confirmed, coalesce(share.units, 0),
        CASE WHEN account.held + account.confirmed + :units > account.quota
                OR coalesce(share.units, 0) + :units > account.most_per_customer
            THEN EXISTS (
                SELECT 1 FROM {{schema}}.fuxiang_zone_reservation AS due
                WHERE due.product_id = account.product_id AND due.state = 'held'
                    AND due.expires_at <= :at
            )
            ELSE false END,
        coalesce(branch.path, ''), customer.birth_year, customer.groups, customer.tags,
        coalesce(customer.is_trial, false), coalesce(customer.risk_level, ''),
        customer.risk_assessed_on,
        {", ".join(f"reservation.{name}" for name in COLUMNS)}
    FROM (SELECT 1) AS asked
    LEFT JOIN {{schema}}.fuxiang_zone_productaccount AS account ON account.uid = :uid
    LEFT JOIN {{schema}}.customers_customer AS customer ON customer.number = :customer_number
    LEFT JOIN {{schema}}.operators_branch AS branch ON branch.id = customer.branch_id
    LEFT JOIN {{schema}}.fuxiang_zone_customershare AS share
        ON share.id = {SHARE_ID.format(product="account.product_id", customer=":customer_number")}
    LEFT JOIN {{schema}}.fuxiang_zone_reservation AS reservation
        ON reservation.id = :reservation_id
"""  # noqa: S608  columns of our own


class Product(NamedTuple):
    """As ``ProductAccount``."""

    product_id: int
    uid: UUID
    type_code: str
    live_version: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    audience: Any
    branch_path: str
    sale_starts_at: datetime | None
    sale_ends_at: datetime | None
    risk_level: int | None
    quota: int | None
    unit_cents: int
    most_per_customer: int | None
    hold_minutes: int
    held: int
    confirmed: int

    @property
    def left(self) -> int | None:
        """Of the quota; ``None`` = nothing is reserved of it."""
        return None if self.quota is None else max(0, self.quota - self.held - self.confirmed)


class Buyer(NamedTuple):
    branch_path: str
    birth_year: int | None
    groups: list[str] | None
    tags: list[str] | None
    is_trial: bool
    # C1 to C5; empty = nobody has assessed them.
    risk_level: str
    risk_assessed_on: date | None

    @property
    def facts(self) -> Facts:
        return Facts(
            branch_path=self.branch_path, birth_year=self.birth_year,
            groups=frozenset(self.groups or ()), tags=frozenset(self.tags or ()),
            is_trial=self.is_trial,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sight:
    # Of this bank; ``None`` = it has no such product.
    product: Product | None
    buyer: Buyer
    # Units that the customer has.
    share: int
    # There is no room, and some of what is taken is overdue.
    has_overdue: bool
    # The reservation of this key, when there is one.
    known: Row | None


def look(
    uid: UUID,
    customer_number: str,
    *,
    units: int = 1,
    reservation_id: UUID = NO_RESERVATION,
    at: datetime,
) -> Sight:
    values = {
        "uid": uid, "customer_number": customer_number, "units": units,
        "reservation_id": reservation_id, "at": at,
    }  # fmt: skip
    found = fetch(_LOOK, values)[0]
    product, rest = found[: len(Product._fields)], found[len(Product._fields) :]
    (share, has_overdue), rest = rest[:2], rest[2:]
    buyer, row = rest[: len(Buyer._fields)], rest[len(Buyer._fields) :]
    return Sight(
        product=_product(product),
        buyer=Buyer(*buyer),
        share=share,
        has_overdue=has_overdue,
        known=Row(*row) if row[0] is not None else None,
    )


def _product(columns: tuple[Any, ...]) -> Product | None:
    if columns[0] is None:
        return None
    product = Product(*columns)
    if isinstance(product.audience, str):
        return product._replace(audience=json.loads(product.audience))
    return product
