"""Events that may be rewarded: taken once, rewarded within limits and budget, all in one
transaction.

The event's row comes first: whoever brings the same event waits there. Then the accounts of the
campaigns are locked in the order of their keys; limits and budget are counted under these locks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import transaction

from audit import statements as trail
from audit.context import current_schema
from campaigns import events as audit_events
from campaigns.choices import (
    EffectState,
    EventOutcome,
    LedgerEntryKind,
    ParticipationState,
    Refusal,
)
from campaigns.rules.live import LiveRules, forget, live_rules, qualifies, rule_at
from campaigns.rules.occasions import Occasion, occasion_of
from campaigns.rules.reading import Rule, Use, times_key, uses_of
from campaigns.taking.books import MARKS, SWITCHED_OFF, Account, Books
from campaigns.taking.given import GivenEvent, Source, key_of
from campaigns.taking.people import read_people
from campaigns.taking.retrying import StaleRules, retried
from campaigns.taking.rows import as_text
from campaigns.taking.statements import (
    ARRIVE,
    INSERT_EVENTS,
    READ_EVENTS,
    SETTLE_WAITING,
    WRITE,
)
from campaigns.taking.waking import wake_up
from tenants.services import announce_change
from tenants.statements import fetch


@dataclass(slots=True)
class Case:
    """One event on its way."""

    id: UUID
    given: GivenEvent
    occasion: Occasion
    # The version of each campaign that may reward it.
    rules: list[Rule]
    # "new", "duplicate" or "conflict".
    standing: str = "new"
    outcome: str = EventOutcome.NO_CAMPAIGN
    results: list[dict[str, Any]] = field(default_factory=list)
    # It had been reversed before it came.
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    rule: Rule
    uses: list[Use]


def take_forward(
    source: Source, events: Sequence[GivenEvent], at: datetime, only: UUID | None = None
) -> list[Case]:
    """In the order given; each event's id once. ``only``: of this campaign alone."""
    return retried(lambda: _in_one(source, events, at, only))


@transaction.atomic
def _in_one(
    source: Source, events: Sequence[GivenEvent], at: datetime, only: UUID | None
) -> list[Case]:
    people = read_people(event.customer_number for event in events)
    rules = live_rules(people.number, at)
    cases = []
    for event in events:
        subject = people.of(event.customer_number)
        occasion = occasion_of(
            event.kind, event.occurred_at, event.amount_cents, event.scene, subject
        )
        case = Case(key_of(source, event.event_id), event, occasion, [])
        case.rules = _qualifying(rules, case, only)
        case.outcome = EventOutcome.REWARDED if case.rules else EventOutcome.NO_CAMPAIGN
        cases.append(case)
    _insert(source, cases, at)
    taken = [case for case in cases if case.standing == "new"]
    if taken:
        _reward(source, taken, rules, at)
    return cases


def _qualifying(rules: LiveRules, case: Case, only: UUID | None) -> list[Rule]:
    """Whose conditions hold; those that count earlier participations are asked under the lock."""
    occurred_at = case.given.occurred_at
    if only is None:
        return rules.qualifying(case.occasion, occurred_at)
    versions = rules.by_uid.get(only)
    rule = rule_at(versions, occurred_at) if versions else None
    return [rule] if rule and qualifies(rule, case.occasion, occurred_at) else []


# --- the event itself ----------------------------------------------------------------------------
def _insert(source: Source, cases: Sequence[Case], at: datetime) -> None:
    rows = [_row(source, case, at) for case in cases]
    new = {row[0] for row in fetch(INSERT_EVENTS, {"events": as_text(rows)})}
    met = [case for case in cases if case.id not in new]
    if met:
        _meet(source, met, at)


def _row(source: Source, case: Case, at: datetime) -> dict[str, Any]:
    given = case.given
    return {
        "id": case.id, "event_id": given.event_id, "kind": given.kind,
        "customer_number": given.customer_number,
        "branch_path": case.occasion.subject.facts.branch_path,
        "occurred_at": given.occurred_at, "received_at": at, "amount_cents": given.amount_cents,
        "scene": given.scene, "reverses": None, "reversed_cents": 0, "is_reversed": False,
        "outcome": case.outcome, "source": source.name[:150], "fingerprint": given.fingerprint,
    }  # fmt: skip


def _meet(source: Source, met: Sequence[Case], at: datetime) -> None:
    """Events whose place is taken: by themselves before, by another one, or by their reversal."""
    known = {row[0]: row for row in fetch(READ_EVENTS, {"ids": [case.id for case in met]})}
    awaited = []
    for case in met:
        _id, fingerprint, outcome = known[case.id]
        if outcome == EventOutcome.AWAITED:
            awaited.append(case)
            continue
        case.standing = "duplicate" if fingerprint == case.given.fingerprint else "conflict"
        case.outcome = outcome
    if awaited:
        _arrive(source, awaited, at)


def _arrive(source: Source, awaited: Sequence[Case], at: datetime) -> None:
    rows = as_text([_row(source, case, at) for case in awaited])
    arrived = {row[0]: row for row in fetch(ARRIVE, {"events": rows})}
    for case in awaited:
        if case.id not in arrived:
            # Somebody else brought it meanwhile: what they made of it is what it led to.
            _meet(source, [case], at)
            continue
        _id, reversed_cents, case.is_void = arrived[case.id]
        if case.is_void:
            case.rules, case.outcome = [], EventOutcome.VOID
            continue
        left = occasion_of(
            case.given.kind, case.given.occurred_at, case.given.amount_cents - reversed_cents,
            case.given.scene, case.occasion.subject,
        )  # fmt: skip
        case.rules = [
            rule
            for rule in case.rules
            if rule.counts_times or rule.refusal(left, case.given.occurred_at, 0) is None
        ]
        case.occasion = left
    fetch(SETTLE_WAITING, {"ids": sorted(arrived)})


# --- rewards -------------------------------------------------------------------------------------
def _reward(source: Source, cases: Sequence[Case], rules: LiveRules, at: datetime) -> None:
    books = Books(at)
    books.lock(rule.campaign_id for case in cases for rule in case.rules)
    for campaign_id, account in books.accounts.items():
        if account.live_version not in (None, rules.live_version[campaign_id]):
            forget()
            raise StaleRules
    wanted = {case.id: [_candidate(rule, case) for rule in case.rules] for case in cases}
    books.read_counters(use.id for found in wanted.values() for each in found for use in each.uses)
    for case in cases:
        before = case.outcome
        for candidate in wanted[case.id]:
            _decide(books, case, candidate)
        case.outcome = _outcome(case)
        if case.outcome != before or case.is_void:
            books.outcomes.append({"id": case.id, "outcome": case.outcome})
    fetch(WRITE, {**books.parameters(), **_audited(source, cases, books, at)})
    if books.effects:
        wake_up()
    if any(step["what"] == f"mark_{MARKS[-1]}" for step in books.steps):
        # Customers' pages stop offering it at once.
        announce_change(current_schema())


def _candidate(rule: Rule, case: Case) -> _Candidate:
    return _Candidate(rule, uses_of(rule, case.occasion, case.given.customer_number))


def _decide(books: Books, case: Case, candidate: _Candidate) -> None:
    rule, account = candidate.rule, books.accounts.get(candidate.rule.campaign_id)
    if rule.counts_times:
        times = books.used.get(times_key(rule, case.given.customer_number), 0)
        if rule.refusal(case.occasion, case.given.occurred_at, times) is not None:
            return
    refusal, detail = _refusal(books, account, candidate)
    participation = _participation(books, case, rule, refusal, detail)
    case.results.append({
        "id": str(participation["id"]), "campaign": str(rule.uid), "title": rule.title,
        "state": participation["state"], "refusal": refusal, "detail": detail,
    })  # fmt: skip
    if refusal:
        books.figure(rule.campaign_id, case.occasion.day, participation["branch_path"], refusals=1)
        if refusal == Refusal.BUDGET:
            books.note_marks(rule.campaign_id, is_exhausted=True)
        return
    _count(books, case, candidate, participation)


def _refusal(books: Books, account: Account | None, candidate: _Candidate) -> tuple[str, str]:
    """Why somebody who qualifies gets nothing; empty = they get it."""
    if account is None or account.live_version is None:
        return Refusal.ENDED, ""
    if account.run_state in SWITCHED_OFF:
        return SWITCHED_OFF[account.run_state], ""  # type: ignore[index]
    for use in candidate.uses:
        if use.limit is not None and books.used.get(use.id, 0) + use.amount > use.limit.limit:
            return Refusal.LIMIT, f"{use.rule}:{use.limit.limit}"
    if candidate.rule.cost_cents > account.left_cents:
        return Refusal.BUDGET, ""
    return "", ""


def _participation(
    books: Books, case: Case, rule: Rule, refusal: str, detail: str
) -> dict[str, Any]:
    row = {
        "id": _digest(rule.campaign_id, case.id), "campaign_id": rule.campaign_id,
        "terms_version": rule.version, "event_id": case.id,
        "customer_number": case.given.customer_number,
        "branch_path": case.occasion.subject.facts.branch_path,
        "state": ParticipationState.REFUSED if refusal else ParticipationState.COUNTED,
        "refusal": refusal, "detail": detail, "cost_cents": 0 if refusal else rule.cost_cents,
        "occurred_at": case.given.occurred_at, "at": books.at,
    }  # fmt: skip
    books.participations.append(row)
    return row


def _count(
    books: Books, case: Case, candidate: _Candidate, participation: Mapping[str, Any]
) -> None:
    rule, path = candidate.rule, participation["branch_path"]
    for use in candidate.uses:
        books.use(use)
    books.accounts[rule.campaign_id].counted += 1
    books.enter(
        LedgerEntryKind.COMMIT, rule.campaign_id, rule.cost_cents,
        participation_id=participation["id"], branch_path=path, day=case.occasion.day,
    )  # fmt: skip
    books.figure(rule.campaign_id, case.occasion.day, path, participations=1)
    for position, reward in enumerate(rule.rewards):
        books.effects.append({
            "id": _digest(position, participation["id"]), "participation_id": participation["id"],
            "campaign_id": rule.campaign_id, "customer_number": case.given.customer_number,
            "position": position, "kind": reward.kind, "parameters": reward.parameters,
            "cost_cents": reward.cost_cents, "state": EffectState.PENDING, "problem": "",
            "attempts": 0, "due_at": books.at, "made_at": books.at,
        })  # fmt: skip
    books.note_marks(rule.campaign_id)


def _outcome(case: Case) -> str:
    if case.is_void:
        return EventOutcome.VOID
    if any(result["state"] == ParticipationState.COUNTED for result in case.results):
        return EventOutcome.REWARDED
    return EventOutcome.REFUSED if case.results else EventOutcome.NO_CAMPAIGN


def _digest(first: object, second: object) -> UUID:
    text = f"{first}\n{second}".encode()
    return UUID(bytes=blake2b(text, digest_size=16).digest())


def _audited(source: Source, cases: Sequence[Case], books: Books, at: datetime) -> dict[str, Any]:
    counted = [row for row in books.participations if not row["refusal"]]
    told = {
        "source": source.name, "from": source.kind, "events": len(cases),
        "first": cases[0].given.event_id, "last": cases[-1].given.event_id,
        "counted": len(counted), "refused": len(books.participations) - len(counted),
        "committed_cents": sum(row["cost_cents"] for row in counted),
    }  # fmt: skip
    return trail.parameters(
        audit_events.JOINED if source.kind == "page" else audit_events.EVENTS_TAKEN,
        actor=None, target_kind="campaigns.event", target_id=str(cases[0].id),
        target_label=cases[0].given.event_id, after=told, at=at,
    )  # fmt: skip
