"""Reversals: an event is taken back, wholly or by its amount, and with it what it led to.

A reversal may come before its event. The two meet on the event's row: the reversal holds its place
when it is not there yet, so that neither can pass the other unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from audit import statements as trail
from campaigns import events as audit_events
from campaigns.choices import EffectState, EventOutcome, LedgerEntryKind
from campaigns.errors import BadEvent
from campaigns.models import CampaignAccount, CampaignTerms
from campaigns.rules.occasions import STRANGER, Occasion, occasion_of
from campaigns.rules.reading import Rule, compile_rule, uses_of
from campaigns.taking.books import Books
from campaigns.taking.given import GivenEvent, Source, key_of
from campaigns.taking.retrying import StaleRules, retried
from campaigns.taking.rows import as_text
from campaigns.taking.statements import (
    ARRIVE_BACK,
    INSERT_EVENTS,
    LOCK_EFFECTS,
    LOCK_EVENTS,
    READ_EVENTS,
    READ_PARTICIPATIONS,
    REFUSE_WAITING,
    TAKE_BACK,
)
from campaigns.taking.waking import wake_up
from coupons.wording import yuan
from customers.facts import Facts
from tenants.statements import fetch


@dataclass(slots=True)
class Return:
    """One reversal on its way."""

    id: UUID
    of: UUID
    given: GivenEvent
    # "new", "duplicate", "conflict" or "refused".
    standing: str = "new"
    outcome: str = EventOutcome.REVERSED
    refusal: BadEvent | None = None


class Original(NamedTuple):
    id: UUID
    kind: str
    customer_number: str
    branch_path: str
    occurred_at: datetime
    amount_cents: int
    scene: str
    reversed_cents: int
    is_reversed: bool
    is_reversal: bool
    outcome: str

    @property
    def is_there(self) -> bool:
        return self.outcome != EventOutcome.AWAITED

    def occasion(self) -> Occasion:
        """What is left of it, for a customer of the branch that it came from."""
        subject = replace(STRANGER, facts=Facts(branch_path=self.branch_path))
        left = max(0, self.amount_cents - self.reversed_cents)
        return occasion_of(self.kind, self.occurred_at, left, self.scene, subject)


class Participated(NamedTuple):
    id: UUID
    campaign_id: int
    terms_version: int
    event_id: UUID
    cost_cents: int


class _Effect(NamedTuple):
    id: UUID
    participation_id: UUID
    campaign_id: int
    kind: str
    state: str
    cost_cents: int


def take_backward(source: Source, events: Sequence[GivenEvent], at: datetime) -> list[Return]:
    return retried(lambda: _in_one(source, events, at))


@transaction.atomic
def _in_one(source: Source, events: Sequence[GivenEvent], at: datetime) -> list[Return]:
    returns = [
        Return(key_of(source, event.event_id), key_of(source, event.reverses), event)
        for event in events
    ]
    _mark_known(returns)
    asked = [each for each in returns if each.standing == "new"]
    if not asked:
        return returns
    originals = _originals(source, asked, at)
    for key in {each.id for each in asked} & set(originals):
        originals[key] = originals[key]._replace(is_reversal=True)
    # Whoever brought the same reversal before us is done now: we hold its event's row.
    _mark_known(asked)
    for each in asked:
        if each.standing == "new":
            _apply(each, originals)
    accepted = [each for each in asked if each.standing == "new"]
    if accepted:
        _insert([_row(source, each, at) for each in sorted(accepted, key=lambda one: one.id)])
        _take_back(source, accepted, originals, at)
    return returns


def _mark_known(returns: Sequence[Return]) -> None:
    ids = [each.id for each in returns]
    known = {row[0]: row for row in fetch(READ_EVENTS, {"ids": ids})} if ids else {}
    for each in returns:
        if each.id not in known:
            continue
        _id, fingerprint, outcome = known[each.id]
        if outcome == EventOutcome.AWAITED:
            continue  # a place that is held for it
        same = fingerprint == each.given.fingerprint
        each.standing, each.outcome = ("duplicate" if same else "conflict"), outcome


# --- the events ----------------------------------------------------------------------------------
def _originals(source: Source, returns: Sequence[Return], at: datetime) -> dict[UUID, Original]:
    places = {each.of: _place(source, each, at) for each in returns}
    fetch(INSERT_EVENTS, {"events": as_text([places[key] for key in sorted(places)])})
    rows = fetch(LOCK_EVENTS, {"ids": sorted(places)})
    return {row[0]: Original(*row) for row in rows}


def _insert(rows: list[dict[str, Any]]) -> None:
    stored = {row[0] for row in fetch(INSERT_EVENTS, {"events": as_text(rows)})}
    held = [row for row in rows if row["id"] not in stored]
    if not held:
        return
    arrived = [row[0] for row in fetch(ARRIVE_BACK, {"events": as_text(held)})]
    if len(arrived) < len(held):
        raise StaleRules  # an event took the id meanwhile: all over again
    fetch(REFUSE_WAITING, {"ids": sorted(arrived)})


def _place(source: Source, each: Return, at: datetime) -> dict[str, Any]:
    """Held for an event that has not come yet."""
    given = each.given
    return {
        "id": each.of, "event_id": given.reverses, "kind": given.kind,
        "customer_number": given.customer_number, "branch_path": "",
        "occurred_at": given.occurred_at, "received_at": at, "amount_cents": 0, "scene": "",
        "reverses": None, "reversed_cents": 0, "is_reversed": False,
        "outcome": EventOutcome.AWAITED, "source": source.name[:150], "fingerprint": "",
    }  # fmt: skip


def _row(source: Source, each: Return, at: datetime) -> dict[str, Any]:
    given = each.given
    return {
        "id": each.id, "event_id": given.event_id, "kind": given.kind,
        "customer_number": given.customer_number, "branch_path": "",
        "occurred_at": given.occurred_at, "received_at": at, "amount_cents": given.amount_cents,
        "scene": given.scene, "reverses": each.of, "reversed_cents": 0, "is_reversed": False,
        "outcome": each.outcome, "source": source.name[:150], "fingerprint": given.fingerprint,
    }  # fmt: skip


def _apply(each: Return, originals: dict[UUID, Original]) -> None:
    """To the copy in memory; refused, it changes nothing."""
    original, given = originals[each.of], each.given
    try:
        _check(original, given)
    except BadEvent as refusal:
        each.standing, each.refusal = "refused", refusal
        return
    taken = original.reversed_cents + given.amount_cents
    whole = not given.amount_cents or (original.is_there and taken >= original.amount_cents)
    originals[each.of] = original._replace(reversed_cents=taken, is_reversed=whole)
    each.outcome = EventOutcome.REVERSED if original.is_there else EventOutcome.WAITING


def _check(original: Original, given: GivenEvent) -> None:
    if original.customer_number != given.customer_number:
        raise BadEvent(
            _("The event %(event)s is another customer's.") % {"event": given.reverses},
            code="other_customer",
        )
    if original.is_reversal:
        raise BadEvent(_("A reversal cannot be reversed; send a new event."), code="is_reversal")
    if original.is_reversed:
        raise BadEvent(
            _("The event %(event)s has been reversed already.") % {"event": given.reverses},
            code="already_reversed",
        )
    left = original.amount_cents - original.reversed_cents
    if original.is_there and given.amount_cents > left:
        raise BadEvent(
            _("Of the event %(event)s %(left)s yuan are left; more cannot be reversed.")
            % {"event": given.reverses, "left": yuan(left)},
            code="more_than_left", left_cents=left,
        )  # fmt: skip


# --- what they led to ----------------------------------------------------------------------------
def _take_back(
    source: Source, returns: Sequence[Return], originals: Mapping[UUID, Original], at: datetime
) -> None:
    touched = {each.of: originals[each.of] for each in returns}
    books, reversed_ids, changed = Books(at), [], []
    found = [Participated(*row) for row in fetch(READ_PARTICIPATIONS, {"ids": sorted(touched)})]
    books.lock(part.campaign_id for part in found)
    # Read again: under the lock of its account nothing of a campaign changes.
    if found:
        rows = fetch(READ_PARTICIPATIONS, {"ids": sorted(touched)})
        found = [Participated(*row) for row in rows]
    lost = [part for part in found if _is_lost(part, touched[part.event_id])]
    effects: dict[UUID, list[_Effect]] = defaultdict(list)
    if lost:
        for row in fetch(LOCK_EFFECTS, {"ids": [part.id for part in lost]}):
            effects[row[1]].append(_Effect(*row))
    for part in lost:
        original = touched[part.event_id]
        changed += undo(books, part, effects[part.id], original)
        reversed_ids.append(part.id)
    told = [
        {"id": key, "reversed_cents": each.reversed_cents, "is_reversed": each.is_reversed}
        for key, each in touched.items()
    ]
    fetch(TAKE_BACK, {
        **books.parameters(), **_audited(source, returns, reversed_ids, at), "at": at,
        "counters": books.returned(), "originals": as_text(told), "effects": as_text(changed),
        "reversed": reversed_ids,
    })  # fmt: skip
    if any(row["due_at"] for row in changed):
        wake_up()


def _is_lost(part: Participated, original: Original) -> bool:
    """Whether what is left of the event no longer earns its reward."""
    if original.is_reversed:
        return True
    rule = rule_of(part.campaign_id, part.terms_version)
    return not rule.amount_holds(original.occasion())


def undo(
    books: Books, part: Participated, effects: Iterable[_Effect], original: Original
) -> list[dict[str, Any]]:
    """Changes of its rewards: what waits is cancelled, what is given is to be taken back."""
    day, path = original.occasion().day, original.branch_path
    books.accounts[part.campaign_id].counted -= 1
    books.figure(part.campaign_id, day, path, participations=-1, reversals=1)
    changed, is_open = [], False
    for effect in effects:
        if effect.state == EffectState.PENDING:
            changed.append({"id": effect.id, "state": EffectState.CANCELLED, "due_at": None})
            books.enter(
                LedgerEntryKind.RELEASE, part.campaign_id, -effect.cost_cents,
                participation_id=part.id, effect_id=effect.id, branch_path=path, day=day,
            )  # fmt: skip
        elif effect.state == EffectState.APPLIED:
            is_open = True
            changed.append({"id": effect.id, "state": EffectState.RETURNING, "due_at": books.at})
    if not is_open:
        return_uses(books, part, original)
    return changed


def return_uses(books: Books, part: Participated, original: Original) -> None:
    """Room under the limits again: nothing of what it gave has stayed."""
    rule = rule_of(part.campaign_id, part.terms_version)
    for use in uses_of(rule, original.occasion(), original.customer_number):
        amount = use.amount if use.rule.startswith("count") else part.cost_cents
        books.use(replace(use, amount=amount), -1)


def rule_of(campaign_id: int, version: int) -> Rule:
    key = (connection.schema_name, campaign_id, version)
    known = _rules.get(key)
    if known is None:
        row = CampaignTerms.objects.get(campaign=campaign_id, version=version)
        uid = CampaignAccount.objects.values_list("uid", flat=True).get(campaign=campaign_id)
        if len(_rules) > MOST_REMEMBERED:
            _rules.clear()
        known = _rules[key] = compile_rule(row.terms, uid, campaign_id, version, row.published_at)
    return known


MOST_REMEMBERED = 2_000
_rules: dict[tuple[str, int, int], Rule] = {}


def forget() -> None:
    """For tests, whose versions are taken back."""
    _rules.clear()


def _audited(
    source: Source, returns: Sequence[Return], reversed_ids: Sequence[UUID], at: datetime
) -> dict[str, Any]:
    told = {
        "source": source.name, "from": source.kind, "reversals": len(returns),
        "first": returns[0].given.event_id, "last": returns[-1].given.event_id,
        "participations": len(reversed_ids),
    }  # fmt: skip
    return trail.parameters(
        audit_events.EVENTS_TAKEN, actor=None, target_kind="campaigns.event",
        target_id=str(returns[0].id), target_label=returns[0].given.event_id, after=told, at=at,
    )  # fmt: skip
