"""Products of the zone as the channel shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fuxiang_zone.catalogue.directory import type_told
from fuxiang_zone.catalogue.schema import show_value
from fuxiang_zone.sales.rows import moment
from fuxiang_zone.sales.standing import (
    Assessed,
    SaleState,
    Stock,
    assessed,
    sale_state,
    stocks_of,
)

if TYPE_CHECKING:
    from mobile.feed.items import Item


@dataclass(frozen=True, slots=True)
class Showing:
    """What is known of products and of who looks, beside what is published."""

    stocks: dict[str, Stock]
    risk: Assessed
    at: datetime
    # A visitor reserves nothing.
    is_customer: bool

    def document(self, item: Item) -> dict[str, Any]:
        """Of a product in a list. What does not suit the customer cannot be reserved."""
        stock, payload = self.stocks.get(item.id), item.payload
        starts, ends = _moment(payload["sale_starts_at"]), _moment(payload["sale_ends_at"])
        state = sale_state(stock, starts, ends, self.at)
        suitable = self.risk.verdict(payload["risk_level"], self.at)
        return {
            **item.summary,
            "sale_starts_at": moment(starts),
            "sale_ends_at": moment(ends),
            "highest_rate": highest_rate(payload["rates"]),
            "sale": str(state),
            "left": stock.left if stock is not None else None,
            "suitable": suitable.ok,
            "unsuitable": None
            if suitable.ok
            else {"code": suitable.code, "detail": str(suitable.sentence)},
            "can_reserve": state == SaleState.ON_SALE and suitable.ok and self.is_customer,
        }

    def page(self, item: Item) -> dict[str, Any]:
        """Of the product's own page."""
        stock, payload = self.stocks.get(item.id), item.payload
        return {
            **self.document(item),
            "fields": shown_fields(payload),
            "rates": payload["rates"],
            "disclosures": shown_disclosures(payload),
            "links": payload["links"],
            "rules": payload["rules"],
            "quota": stock.quota if stock is not None else None,
            "unit_cents": payload["unit_cents"],
            "most_per_customer": payload["most_per_customer"],
            "hold_minutes": payload["hold_minutes"],
            "mine": stock.mine if stock is not None else 0,
        }


def showing(items: Sequence[Item], customer_number: str, at: datetime) -> Showing:
    """Two statements at most, however many products."""
    with_quota = [item.id for item in items if item.payload["quota"] is not None]
    with_risk = any(item.payload["risk_level"] is not None for item in items)
    return Showing(
        stocks=stocks_of(with_quota, customer_number, at),
        risk=assessed(customer_number) if with_risk else Assessed(),
        at=at,
        is_customer=bool(customer_number),
    )


def shown_fields(payload: Mapping[str, Any]) -> list[dict[str, str]]:
    """Those that customers are shown and that say something."""
    found, values = type_told(payload), payload["values"]
    return [
        {"key": field.key, "label": field.label, "value": show_value(field, values[field.key])}
        for field in (found.fields if found is not None else ())
        if field.is_shown and field.key in values
    ]


def shown_disclosures(payload: Mapping[str, Any]) -> list[dict[str, str]]:
    found = type_told(payload)
    labels = {each.code: each.label for each in found.disclosures} if found is not None else {}
    return [
        {"code": code, "label": labels.get(code, code), "text": text}
        for code, text in payload["disclosures"].items()
        if text
    ]


def highest_rate(rates: Sequence[dict[str, Any]]) -> str | None:
    """Percent a year, as it is written in the table."""
    return max((row["rate"] for row in rates), key=Decimal, default=None)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
