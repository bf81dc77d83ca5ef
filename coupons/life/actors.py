"""Who does something with a coupon, and through which channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coupons.choices import ActorKind, Channel

if TYPE_CHECKING:
    from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Doer:
    kind: ActorKind
    # Customer number, name of the system, or name of the operator.
    name: str
    channel: Channel
    operator: Operator | None = None

    @property
    def caller(self) -> str:
        """Whose idempotency keys they are: those of two callers never meet."""
        key = self.operator.pk if self.operator is not None else self.name
        return f"{self.kind}:{key}"[:80]


def customer(number: str) -> Doer:
    return Doer(ActorKind.CUSTOMER, number, Channel.APP)


def system(name: str) -> Doer:
    return Doer(ActorKind.SYSTEM, name, Channel.SYSTEM)


def job(name: str) -> Doer:
    """Background work that a person has approved; ``name`` says which."""
    return Doer(ActorKind.SYSTEM, name, Channel.JOB)


def operator(person: Operator, channel: Channel = Channel.CONSOLE) -> Doer:
    return Doer(ActorKind.OPERATOR, str(person), channel, person)
