"""What a judge reads, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from openapi_gateway.conformance.choices import Arrival, CaseVerdict


@dataclass(frozen=True, slots=True)
class Seen:
    """One arrival, as ``Observation`` keeps it."""

    at: datetime
    kind: str
    key_id: str = ""
    idempotency_key: str = ""
    sha256: str = ""
    word: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one case. ``closed``: nothing more will come."""

    run_id: str
    arrivals: Sequence[Seen]
    closed: bool = False

    @property
    def calls(self) -> list[Seen]:
        return [each for each in self.arrivals if each.kind == Arrival.CALL]

    @property
    def refusals(self) -> list[Seen]:
        return [each for each in self.arrivals if each.kind == Arrival.REFUSED]

    @property
    def reports(self) -> list[Seen]:
        return [each for each in self.arrivals if each.kind == Arrival.REPORT]


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: CaseVerdict
    # A msgid with named places, and what fills them.
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    # It may only be the consequence of what another case is about: too little arrived.
    is_lack: bool = False

    def told(self) -> str:
        return gettext(self.reason) % self.facts if self.reason else ""


def passed(reason: str, **facts: Any) -> Outcome:
    return Outcome(CaseVerdict.PASSED, reason, facts)


def failed(reason: str, **facts: Any) -> Outcome:
    return Outcome(CaseVerdict.FAILED, reason, facts)


def lacking(seen: Evidence, reason: str, **facts: Any) -> Outcome:
    """Too little has arrived; that counts once nothing more will come."""
    verdict = CaseVerdict.FAILED if seen.closed else CaseVerdict.WAITING
    return Outcome(verdict, reason, facts, is_lack=True)


def blocked(reason: str, **facts: Any) -> Outcome:
    return Outcome(CaseVerdict.BLOCKED, reason, facts)
