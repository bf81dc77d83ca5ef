"""How many persons' faces a bank has had processed.

From 100,000 on it must be filed with the provincial authority within 30 working days
(人脸识别技术应用安全管理办法); we count from the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from openapi_gateway.base_services.liveness.models import FacePerson, LivenessSession
from openapi_gateway.choices import Environment
from tenants.models import Bank

FILING = 100_000
ALARM_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Persons:
    bank_name: str
    count: int

    @property
    def percent(self) -> float:
        return round(100 * self.count / FILING, 1)

    @property
    def width(self) -> int:
        return min(100, -(-100 * self.count // FILING))

    @property
    def alarms(self) -> bool:
        return self.count * 100 >= FILING * ALARM_PERCENT

    @property
    def must_file(self) -> bool:
        return self.count >= FILING


def count_person(session: LivenessSession, at: datetime) -> None:
    """In the caller's transaction; the sandbox sees no real faces."""
    if session.environment == Environment.PRODUCTION:
        row = FacePerson(bank_id=session.bank_id, subject=session.subject, first_at=at)
        FacePerson.objects.bulk_create([row], ignore_conflicts=True)


def persons_of(bank: Bank) -> Persons:
    return Persons(str(bank), FacePerson.objects.filter(bank=bank).count())


def persons_by_bank() -> list[Persons]:
    """The largest first; banks without any are left out."""
    rows = FacePerson.objects.values("bank__name").annotate(found=Count("pk")).order_by("-found")
    return [Persons(row["bank__name"], row["found"]) for row in rows]
