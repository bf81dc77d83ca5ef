"""The rules of a bank's campaigns, compiled once per process and publication, and found by what
happened.

What is held is keyed by the number of the bank's last publication, which every reading of events
asks for anyway: a process can hold an old rule no longer than until its next statement.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection

from campaigns.choices import ConditionKind
from campaigns.models import CampaignAccount, CampaignTerms
from campaigns.rules.conditions import Predicate
from campaigns.rules.deposits import deposit_scenes
from campaigns.rules.occasions import Occasion
from campaigns.rules.reading import Costs, Rule, compile_rule

# How long after the end of a campaign its events are still taken: late, not lost.
LATE = timedelta(days=31)
Versions = Sequence[Rule]
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Group:
    """The campaigns of one kind of event and one scene.

    Each distinct condition is asked once per event, however many campaigns have it, and strikes
    out all of them together: a bit per campaign.
    """

    def __init__(self, versions: Sequence[Versions]) -> None:
        self._versions = versions
        self._newest = [each[-1] for each in versions]
        # What happened since then is the newest versions' to judge.
        edited = [each[-1].published_at for each in versions if len(each) > 1]
        self._since = max(edited, default=_LONG_AGO)
        self._all = (1 << len(versions)) - 1
        self._checks = _checks(self._newest)

    def qualifying(self, occasion: Occasion, occurred_at: datetime) -> list[Rule]:
        """Those that count earlier participations are asked again when these are known."""
        if occurred_at < self._since:
            return self._one_by_one(occasion, occurred_at)
        alive = self._all
        for holds, bits in self._checks:
            if alive & bits and not holds(occasion, 0):
                alive &= ~bits
                if not alive:
                    return []
        found = []
        while alive:
            number = (alive & -alive).bit_length() - 1
            alive &= alive - 1
            rule = self._newest[number]
            if occasion.kind in rule.events and rule.covers(occasion, occurred_at):
                found.append(rule)
        return found

    def _one_by_one(self, occasion: Occasion, occurred_at: datetime) -> list[Rule]:
        rules = [rule_at(each, occurred_at) for each in self._versions]
        return [rule for rule in rules if qualifies(rule, occasion, occurred_at)]


def qualifies(rule: Rule, occasion: Occasion, occurred_at: datetime) -> bool:
    if occasion.kind not in rule.events:
        return False
    return rule.counts_times or rule.refusal(occasion, occurred_at, 0) is None


def _checks(rules: Sequence[Rule]) -> list[tuple[Predicate, int]]:
    """Distinct conditions with the campaigns that have them, the most common first."""
    places: dict[str, int] = {}
    predicates: dict[str, Predicate] = {}
    for number, rule in enumerate(rules):
        asked = [
            (json.dumps(condition, sort_keys=True), holds)
            for _refusal, condition, holds in rule.conditions
            if condition["kind"] != ConditionKind.TIMES
        ]
        if rule.document["audience"]:
            asked.append((json.dumps(rule.document["audience"], sort_keys=True), rule.audience))
        for name, holds in asked:
            places[name] = places.get(name, 0) | (1 << number)
            predicates[name] = holds
    names = sorted(places, key=lambda name: -places[name].bit_count())
    return [(predicates[name], places[name]) for name in names]


class LiveRules:
    """All that is published in one bank."""

    def __init__(self, number: int, versions: Iterable[Versions]) -> None:
        # Of the last publication that it knows.
        self.number = number
        self.by_uid: dict[UUID, Versions] = {}
        self.live_version: dict[int, int] = {}
        grouped: dict[tuple[str, str], list[Versions]] = defaultdict(list)
        for rules in versions:
            self.by_uid[rules[0].uid] = rules
            self.live_version[rules[0].campaign_id] = rules[-1].version
            for kind in frozenset[str]().union(*(rule.events for rule in rules)):
                for scene in _scenes(rules):
                    grouped[kind, scene].append(rules)
        self._groups = {place: Group(rules) for place, rules in grouped.items()}
        self._deposits = deposit_scenes()

    def qualifying(self, occasion: Occasion, occurred_at: datetime) -> list[Rule]:
        found: list[Rule] = []
        if occasion.scene in self._deposits:
            return found
        for scene in {occasion.scene, ""}:
            group = self._groups.get((occasion.kind, scene))
            if group is not None:
                found += group.qualifying(occasion, occurred_at)
        return found


def rule_at(versions: Versions, occurred_at: datetime) -> Rule:
    """The version that held when it happened; what was before the first is the first's to judge."""
    for rule in reversed(versions):
        if rule.published_at <= occurred_at:
            return rule
    return versions[0]


def _scenes(rules: Versions) -> frozenset[str]:
    if any(not rule.scenes for rule in rules):
        return frozenset({""})
    return frozenset[str]().union(*(rule.scenes for rule in rules))


# --- in memory -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Held:
    day: date
    rules: LiveRules


_held: dict[str, _Held] = {}


def live_rules(number: int, at: datetime) -> LiveRules:
    """Of the current schema, as of its publication ``number``."""
    schema, day = connection.schema_name, at.date()
    held = _held.get(schema)
    if held is None or held.rules.number != number or held.day != day:
        held = _held[schema] = _Held(day, read_rules(number, at))
    return held.rules


def forget() -> None:
    """What this process remembers; for tests, and when an account says that it is old."""
    _held.clear()


def read_rules(number: int, at: datetime) -> LiveRules:
    accounts = CampaignAccount.objects.filter(live_version__isnull=False)
    known = {
        account.campaign_id: account
        for account in accounts
        if account.ends_at is None or account.ends_at > at - LATE
    }
    versions: dict[int, list[Rule]] = defaultdict(list)
    costs = Costs()
    terms = CampaignTerms.objects.filter(campaign__in=known).order_by("campaign_id", "version")
    for row in terms:
        account = known[row.campaign_id]
        if row.version <= (account.live_version or 0):
            versions[row.campaign_id].append(
                compile_rule(
                    row.terms, account.uid, row.campaign_id, row.version, row.published_at, costs
                )
            )
    return LiveRules(number, [rules for rules in versions.values() if rules])
