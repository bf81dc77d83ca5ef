"""What is written with every transition, in one statement: limits, ledger, trail, answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from audit import statements as trail
from coupons.life import limits
from coupons.life.actors import Doer
from coupons.life.answers import INSERT_ANSWER, AnsweredElsewhere, Question
from coupons.life.limits import Use
from tenants.statements import fetch

_COLUMNS = (
    "at", "action", "coupon_id", "batch_id", "template_id", "terms_version", "count",
    "from_state", "to_state", "face_cents", "accrued_cents", "spent_cents", "province_cents",
    "bank_cents", "merchant_cents", "order_cents", "customer_number", "branch_path", "actor_kind",
    "actor_id", "actor_name", "channel", "idempotency_key", "reference", "scene", "manager", "note",
)  # fmt: skip
_VALUES = ", ".join(f":entry_{name}" for name in _COLUMNS)
INSERT_ENTRY = " ".join(
    ["INSERT INTO {schema}.coupons_ledgerentry", f"({', '.join(_COLUMNS)}) VALUES ({_VALUES})"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger row of one coupon; see ``LedgerEntry`` for signs and meanings."""

    doer: Doer
    at: datetime
    action: str
    coupon_id: int
    batch_id: int
    template_id: int
    from_state: str
    to_state: str
    face_cents: int
    terms_version: int = 0
    accrued_cents: int = 0
    spent_cents: int = 0
    # Of province, bank and merchant; together ``spent_cents``.
    shares: tuple[int, int, int] = (0, 0, 0)
    order_cents: int | None = None
    customer_number: str = ""
    branch_path: str = ""
    key: str = ""
    reference: str = ""
    scene: str = ""
    manager: str = ""
    note: str = ""

    def parameters(self) -> dict[str, Any]:
        operator = self.doer.operator
        values = (
            self.at, self.action, self.coupon_id, self.batch_id, self.template_id,
            self.terms_version, 1, self.from_state, self.to_state, self.face_cents,
            self.accrued_cents, self.spent_cents, *self.shares, self.order_cents,
            self.customer_number, self.branch_path, str(self.doer.kind),
            operator.pk if operator is not None else None, self.doer.name[:150],
            str(self.doer.channel), self.key, self.reference, self.scene, self.manager, self.note,
        )  # fmt: skip
        return {f"entry_{name}": value for name, value in zip(_COLUMNS, values, strict=True)}


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that goes with one transition; ``question`` None = nobody asks again."""

    entry: Entry
    event: str
    body: Mapping[str, Any]
    question: Question | None = None
    claimed: Sequence[Use] = field(default=())
    returned: Sequence[Use] = field(default=())


def _audited(entry: Entry, event: str) -> dict[str, Any]:
    """For the trail: customers and systems stand in ``after``, operators as the actor."""
    told = {
        "coupon": entry.coupon_id,
        "customer": entry.customer_number,
        "channel": str(entry.doer.channel),
        "by": entry.doer.name,
        "state": [entry.from_state, entry.to_state],
        "accrued_cents": entry.accrued_cents,
        "spent_cents": entry.spent_cents,
        "reference": entry.reference,
    }
    return trail.parameters(
        event, actor=entry.doer.operator, target_kind="coupons.coupon",
        target_id=str(entry.coupon_id), target_label=f"#{entry.coupon_id}", after=told,
        reason=entry.note, at=entry.at,
    )  # fmt: skip


def write(record: Record) -> None:
    """Raises ``LimitReached`` or ``AnsweredElsewhere``: the caller's transaction then ends."""
    limits.require_possible(record.claimed)
    uses = [*record.claimed, *record.returned]
    values = {
        **record.entry.parameters(),
        **_audited(record.entry, record.event),
        **limits.parameters(uses),
    }
    if record.question is not None:
        values |= record.question.parameters(200, record.body)
    statement = _statement(len(record.claimed), len(record.returned), record.question is not None)
    answered, *landed = fetch(statement, values)[0]
    for use, count in zip(record.claimed, landed, strict=False):
        if not count:
            limits.refuse(use)
    if not answered:
        raise AnsweredElsewhere


@cache
def _statement(claimed: int, returned: int, answers: bool) -> str:
    parts = {f"use{place}": limits.claim_part(place) for place in range(claimed)}
    parts |= {
        f"use{place}": limits.return_part(place) for place in range(claimed, claimed + returned)
    }
    named = [f"(SELECT count(*) FROM {name})" for name in parts]  # noqa: S608  our own parts
    parts |= {"entry": INSERT_ENTRY, "event": trail.insert_event(), "link": trail.LINK}
    if answers:
        parts["answer"] = INSERT_ANSWER
    head = "(SELECT count(*) FROM answer)" if answers else "1"
    with_parts = ", ".join(f"{name} AS ({text})" for name, text in parts.items())
    return f"WITH {with_parts} SELECT {', '.join([head, *named])}"
