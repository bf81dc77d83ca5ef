"""How products stand just now, for the pages that show them: nothing here claims anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from fuxiang_zone.models import Reservation
from fuxiang_zone.products.suitability import Suitability, verdict
from fuxiang_zone.sales.keys import SHARE_ID
from fuxiang_zone.sales.rows import COLUMNS, SHANGHAI, Row
from tenants.statements import fetch

# What is held past its time is free again, although nobody has taken it back yet.
_STOCK = f"""
    SELECT account.uid, account.quota, account.held, account.confirmed,
        coalesce((
            SELECT sum(due.units) FROM {{schema}}.fuxiang_zone_reservation AS due
            WHERE due.product_id = account.product_id AND due.state = 'held'
                AND due.expires_at <= :at
        ), 0)::bigint,
        account.unit_cents, account.most_per_customer, account.hold_minutes,
        coalesce(share.units, 0)
    FROM {{schema}}.fuxiang_zone_productaccount AS account
    LEFT JOIN {{schema}}.fuxiang_zone_customershare AS share
        ON share.id = {SHARE_ID.format(product="account.product_id", customer=":customer_number")}
    WHERE account.uid = ANY(:uids) AND account.quota IS NOT NULL
"""  # noqa: S608  a digest of our own
_RISK = """
    SELECT risk_level, risk_assessed_on FROM {schema}.customers_customer
    WHERE number = :customer_number
"""


class SaleState(TextChoices):
    """Words of the channel API."""

    NONE = "none", pgettext_lazy("sale", "not reserved in the app")
    NOT_STARTED = "not_started", pgettext_lazy("sale", "not begun")
    ON_SALE = "on_sale", pgettext_lazy("sale", "on sale")
    SOLD_OUT = "sold_out", pgettext_lazy("sale", "sold out")
    ENDED = "ended", pgettext_lazy("sale", "ended")


class Stock(NamedTuple):
    uid: UUID
    quota: int
    held: int
    confirmed: int
    overdue: int
    unit_cents: int
    most_per_customer: int | None
    hold_minutes: int
    # Units that this customer has; 0 for nobody.
    mine: int

    @property
    def left(self) -> int:
        return max(0, self.quota - self.held - self.confirmed + self.overdue)


def stocks_of(uids: Iterable[str], customer_number: str, at: datetime) -> dict[str, Stock]:
    """Of the products that have a quota, by uid."""
    values = {"uids": list(uids), "customer_number": customer_number, "at": at}
    return {str(row[0]): Stock(*row) for row in fetch(_STOCK, values)} if values["uids"] else {}


def sale_state(
    stock: Stock | None, starts: datetime | None, ends: datetime | None, at: datetime
) -> SaleState:
    if stock is None:
        return SaleState.NONE
    if starts is not None and at < starts:
        return SaleState.NOT_STARTED
    if ends is not None and at >= ends:
        return SaleState.ENDED
    return SaleState.ON_SALE if stock.left else SaleState.SOLD_OUT


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is known of a customer's risk tolerance; by default nothing."""

    level: str = ""
    on: date | None = None

    def verdict(self, risk_level: int | None, at: datetime) -> Suitability:
        return verdict(risk_level, self.level, self.on, at.astimezone(SHANGHAI).date())


def assessed(customer_number: str) -> Assessed:
    found = fetch(_RISK, {"customer_number": customer_number}) if customer_number else []
    return Assessed(*found[0]) if found else Assessed()


def reservations_of(customer_number: str, *, most: int) -> list[tuple[Row, UUID]]:
    """The newest first, each with the uid of its product."""
    rows = Reservation.objects.filter(customer_number=customer_number)
    found = rows.values_list(*COLUMNS, "product__uid")[:most]
    return [(Row(*each[:-1]), each[-1]) for each in found]
