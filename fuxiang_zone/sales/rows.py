"""One reservation as it is read, and as channels see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from fuxiang_zone.choices import ReservationState
from fuxiang_zone.sales.terms import terms_of
from tenants.statements import fetch

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "id", "product_id", "terms_version", "customer_number", "branch_path", "units",
    "amount_cents", "state", "held_at", "expires_at", "decided_at", "reference", "actor_kind",
    "actor_name", "fingerprint",
)  # fmt: skip
_READ = f"""
    SELECT {", ".join(f"reservation.{name}" for name in COLUMNS)}, account.uid
    FROM {{schema}}.fuxiang_zone_reservation AS reservation
    JOIN {{schema}}.fuxiang_zone_productaccount AS account
        ON account.product_id = reservation.product_id
    WHERE reservation.id = :reservation_id
"""  # noqa: S608  columns of our own


class Row(NamedTuple):
    id: UUID
    product_id: int
    terms_version: int
    customer_number: str
    branch_path: str
    units: int
    amount_cents: int
    state: str
    held_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    reference: str
    actor_kind: str
    actor_name: str
    fingerprint: str

    def state_at(self, at: datetime) -> str:
        """What is held past its time is free again, whatever the row says."""
        if self.state == ReservationState.HELD and self.expires_at <= at:
            return str(ReservationState.EXPIRED)
        return self.state

    def document(self, uid: UUID, at: datetime) -> dict[str, Any]:
        """Plain JSON; times in Shanghai's zone, amounts in cents."""
        terms = terms_of(self.product_id, self.terms_version)
        return {
            "id": str(self.id),
            "product": str(uid),
            "type": terms["type"],
            "title": terms["title"],
            "units": self.units,
            "amount_cents": self.amount_cents,
            "state": self.state_at(at),
            "held_at": moment(self.held_at),
            "expires_at": moment(self.expires_at),
            "decided_at": moment(self.decided_at),
            "reference": self.reference,
        }


def read_row(reservation_id: UUID) -> tuple[Row, UUID] | None:
    """With the uid of its product."""
    rows = fetch(_READ, {"reservation_id": reservation_id})
    return (Row(*rows[0][:-1]), rows[0][-1]) if rows else None


def moment(value: datetime | None) -> str | None:
    return value.astimezone(SHANGHAI).isoformat(timespec="seconds") if value is not None else None


def clock(at: datetime) -> str:
    """For sentences."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
