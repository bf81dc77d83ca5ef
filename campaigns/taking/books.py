"""What one transaction changes in the books of its campaigns, gathered in memory while their
accounts are locked, and written in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from campaigns.choices import LedgerEntryKind, Refusal, RunState
from campaigns.rules.reading import Use
from campaigns.taking.rows import as_text
from campaigns.taking.statements import FIGURE_NUMBERS, LOCK_ACCOUNTS, READ_COUNTERS
from tenants.statements import fetch

# Per cent of the budget at which people are told; at the last one nobody gets anything more.
MARKS = (80, 95, 100)
SWITCHED_OFF = {
    RunState.PAUSED: Refusal.PAUSED,
    RunState.STOPPED: Refusal.STOPPED,
    RunState.PULLED: Refusal.STOPPED,
    RunState.ENDED: Refusal.ENDED,
}


@dataclass(slots=True)
class Account:
    """As it was locked; what changes since is in the two numbers below."""

    campaign_id: int
    run_state: str
    live_version: int | None
    budget_cents: int
    committed_cents: int
    mark: int
    cents: int = 0
    counted: int = 0

    @property
    def left_cents(self) -> int:
        return self.budget_cents - self.committed_cents - self.cents


@dataclass(slots=True)
class Books:
    at: datetime
    accounts: dict[int, Account] = field(default_factory=dict)
    used: dict[UUID, int] = field(default_factory=dict)
    participations: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    _counters: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    _figures: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    def lock(self, campaign_ids: Iterable[int]) -> None:
        """In the order of their keys, before anything is decided."""
        wanted = sorted(set(campaign_ids))
        if wanted:
            for row in fetch(LOCK_ACCOUNTS, {"ids": wanted}):
                self.accounts[row[0]] = Account(*row)

    def read_counters(self, keys: Iterable[UUID]) -> None:
        wanted = sorted(set(keys))
        if wanted:
            self.used.update(fetch(READ_COUNTERS, {"ids": wanted}))

    @property
    def has_figures(self) -> bool:
        return bool(self._figures)

    # --- changing ---------------------------------------------------------------------------------
    def use(self, use: Use, sign: int = 1) -> None:
        amount = sign * use.amount
        self.used[use.id] = self.used.get(use.id, 0) + amount
        known = self._counters.get(use.id)
        if known is not None:
            known["used"] += amount
            return
        self._counters[use.id] = {
            "id": use.id, "campaign_id": use.campaign_id, "rule": use.rule, "period": use.period,
            "subject": use.subject, "used": amount,
        }  # fmt: skip

    def enter(
        self, kind: LedgerEntryKind, campaign_id: int, cents: int, *, participation_id: UUID,
        effect_id: UUID | None = None, branch_path: str = "", day: date,
    ) -> None:  # fmt: skip
        """A row of the ledger, with everything that says the same."""
        if not cents:
            return
        account = self.accounts[campaign_id]
        account.cents += cents
        if cents < 0:
            # There is room again: customers' pages offer it once more.
            account.mark = min(account.mark, MARKS[-2])
        self.figure(campaign_id, day, branch_path, committed_cents=cents)
        self.entries.append({
            "campaign_id": campaign_id, "participation_id": participation_id,
            "effect_id": effect_id, "kind": kind, "cents": cents, "branch_path": branch_path,
            "at": self.at,
        })  # fmt: skip

    def figure(self, campaign_id: int, day: date, branch_path: str, **numbers: int) -> None:
        key = figure_key(campaign_id, day, branch_path)
        row = self._figures.get(key)
        if row is None:
            row = self._figures[key] = figure_row(key, campaign_id, day, branch_path)
        for name, number in numbers.items():
            row[name] += number

    def note_marks(self, campaign_id: int, *, is_exhausted: bool = False) -> None:
        """Tells each mark of the budget once; exhausted = nothing more can be paid from it."""
        account = self.accounts[campaign_id]
        taken = account.budget_cents - account.left_cents
        for mark in MARKS:
            reached = taken * 100 >= mark * account.budget_cents or is_exhausted
            if mark > account.mark and reached:
                account.mark = mark
                self.steps.append({
                    "campaign_id": campaign_id, "at": self.at, "what": f"mark_{mark}",
                    "reason": "", "actor_name": "",
                })  # fmt: skip

    # --- writing ----------------------------------------------------------------------------------
    def parameters(self) -> Mapping[str, str]:
        """For the parts of ``statements.WRITE`` and ``statements.TAKE_BACK``."""
        changed = [
            {"id": each.campaign_id, "cents": each.cents, "counted": each.counted,
             "mark": each.mark}
            for each in self.accounts.values()
        ]  # fmt: skip
        return {
            "participations": as_text(self.participations),
            "effects": as_text(self.effects),
            "entries": as_text(self.entries),
            "outcomes": as_text(self.outcomes),
            "steps": as_text(self.steps),
            "counters": as_text(list(self._counters.values())),
            "figures": as_text(list(self._figures.values())),
            "accounts": as_text(changed),
        }

    def returned(self) -> str:
        """Counters, as what goes back."""
        rows = [{"id": key, "used": -row["used"]} for key, row in self._counters.items()]
        return as_text(rows)


def figure_key(campaign_id: int, day: date, branch_path: str) -> UUID:
    text = f"{campaign_id}\n{day}\n{branch_path}".encode()
    return UUID(bytes=blake2b(text, digest_size=16).digest())


def figure_row(key: UUID, campaign_id: int, day: date, branch_path: str) -> dict[str, Any]:
    return {
        "id": key, "campaign_id": campaign_id, "day": day, "branch_path": branch_path,
        **dict.fromkeys(FIGURE_NUMBERS, 0),
    }  # fmt: skip
