"""The document that customers receive of a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuxiang_zone.models import ZoneProduct


def render_payload(draft: ZoneProduct) -> dict[str, Any]:
    return {
        "schema": 1,
        "type": draft.type_code,
        "type_version": draft.type_version,
        "summary": draft.summary,
        "values": draft.values,
        "rates": draft.rates,
        "risk_level": draft.risk_level,
        "sale_starts_at": _moment(draft.sale_starts_at),
        "sale_ends_at": _moment(draft.sale_ends_at),
        "quota": draft.quota,
        "unit_cents": draft.unit_cents,
        "most_per_customer": draft.most_per_customer,
        "hold_minutes": draft.hold_minutes,
        "links": draft.links,
        "disclosures": draft.disclosures,
        "rules": draft.rules,
    }


def _moment(at: Any) -> str | None:
    return at.isoformat() if at is not None else None
