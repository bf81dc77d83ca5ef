"""Who does something with a reservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuxiang_zone.choices import ActorKind

if TYPE_CHECKING:
    from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Doer:
    kind: ActorKind
    # Customer number, name of the system, or name of the operator.
    name: str
    operator: Operator | None = None

    @property
    def caller(self) -> str:
        """Whose idempotency keys they are: those of two callers never meet."""
        key = self.operator.pk if self.operator is not None else self.name
        return f"{self.kind}:{key}"


def customer(number: str) -> Doer:
    return Doer(ActorKind.CUSTOMER, number)


def system(name: str) -> Doer:
    return Doer(ActorKind.SYSTEM, name)


def operator(person: Operator) -> Doer:
    return Doer(ActorKind.OPERATOR, str(person), person)
