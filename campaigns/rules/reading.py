"""One published version of a campaign, compiled: what qualifies, what it gives, what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.choices import (
    ConditionKind,
    EffectKind,
    LimitMeasure,
    LimitPer,
    LimitPeriod,
    Refusal,
)
from campaigns.rules.conditions import ORDER, REFUSALS, Predicate, predicate
from campaigns.rules.occasions import Occasion
from coupons.models import TemplateAccount
from coupons.terms.reading import terms_of as template_terms
from customers.audiences import predicate_of

TIMES_RULE = "count:campaign:customer"


@dataclass(frozen=True, slots=True)
class Limit:
    measure: str
    period: str
    per: str
    # Participations, or cents.
    limit: int

    @property
    def rule(self) -> str:
        return f"{self.measure}:{self.period}:{self.per}"


@dataclass(frozen=True, slots=True)
class Reward:
    """One effect, and what is set aside for it."""

    kind: str
    parameters: Mapping[str, Any]
    cost_cents: int


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One published version of one campaign."""

    campaign_id: int
    uid: UUID
    version: int
    title: str
    kind: str
    published_at: datetime
    starts_at: datetime
    ends_at: datetime | None
    branch_path: str
    events: frozenset[str]
    # Empty = any scene.
    scenes: frozenset[str]
    conditions: tuple[tuple[Refusal, Mapping[str, Any], Predicate], ...]
    rewards: tuple[Reward, ...]
    limits: tuple[Limit, ...]
    # Whether earlier participations of the customer matter.
    counts_times: bool
    cost_cents: int
    audience: Predicate = field(repr=False)
    bearers: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def refusal(self, occasion: Occasion, occurred_at: datetime, times: int) -> Refusal | None:
        """The first thing that does not hold, or None."""
        if occurred_at < self.starts_at:
            return Refusal.NOT_STARTED
        if self.ends_at is not None and occurred_at >= self.ends_at:
            return Refusal.ENDED
        if not occasion.subject.facts.branch_path.startswith(self.branch_path):
            return Refusal.OTHER_BRANCH
        for refusal, _condition, holds in self.conditions:
            if not holds(occasion, times):
                return refusal
        return None if self.audience(occasion, times) else Refusal.OUTSIDE_AUDIENCE

    def covers(self, occasion: Occasion, occurred_at: datetime) -> bool:
        """Period and branches."""
        return (
            self.starts_at <= occurred_at
            and (self.ends_at is None or occurred_at < self.ends_at)
            and occasion.subject.facts.branch_path.startswith(self.branch_path)
        )

    def amount_holds(self, occasion: Occasion) -> bool:
        """Of what is left of an event after a part of it was taken back."""
        return all(
            holds(occasion, 0)
            for _refusal, condition, holds in self.conditions
            if condition["kind"] == ConditionKind.AMOUNT
        )


class Costs:
    """What a coupon of a template costs at most: the greatest face value of its live terms."""

    def __init__(self) -> None:
        self._known: dict[int, int] | None = None

    def of(self, template_id: int) -> int:
        if self._known is None:
            live = TemplateAccount.objects.filter(live_version__isnull=False)
            self._known = {
                template: template_terms(connection.schema_name, template, version).face_max_cents
                for template, version in live.values_list("template_id", "live_version")
                if version is not None
            }
        return self._known.get(template_id, 0)


def compile_rule(
    terms: Mapping[str, Any], uid: UUID, campaign_id: int, version: int, published_at: datetime,
    costs: Costs | None = None,
) -> Rule:  # fmt: skip
    """From the document of ``CampaignTerms``."""
    costs = costs or Costs()
    conditions = sorted(terms["conditions"], key=_place)
    rewards = tuple(_reward(effect, costs) for effect in terms["effects"])
    audience = predicate_of(terms["audience"])
    return Rule(
        campaign_id=campaign_id,
        uid=uid,
        version=version,
        title=terms["title"],
        kind=terms["kind"],
        published_at=published_at,
        starts_at=datetime.fromisoformat(terms["starts_at"]),
        ends_at=datetime.fromisoformat(terms["ends_at"]) if terms["ends_at"] else None,
        branch_path=terms["branch_path"],
        events=frozenset(terms["events"]),
        scenes=frozenset(
            scene
            for each in conditions
            if each["kind"] == ConditionKind.SCENE
            for scene in each["values"]
        ),
        conditions=tuple(
            (REFUSALS.get(each["kind"], Refusal.OUTSIDE_AUDIENCE), each, predicate(each))
            for each in conditions
        ),
        rewards=rewards,
        limits=tuple(Limit(**limit) for limit in terms["limits"]),
        counts_times=any(each["kind"] == ConditionKind.TIMES for each in conditions),
        cost_cents=sum(reward.cost_cents for reward in rewards),
        audience=lambda occasion, _times: audience(occasion.subject.facts, occasion.day.year),
        bearers=terms["bearers"],
        document=terms,
    )


def _place(condition: Mapping[str, Any]) -> int:
    kind = condition["kind"]
    return ORDER.index(kind) if kind in ORDER else -1


def _reward(effect: Mapping[str, Any], costs: Costs) -> Reward:
    kind = effect["kind"]
    if kind == EffectKind.GRANT_COUPON:
        return Reward(kind, {"template": effect["template"]}, costs.of(effect["template"]))
    if kind == EffectKind.GRANT_FROM_POOL:
        pool = effect["templates"]
        most = max(costs.of(each["template"]) for each in pool)
        return Reward(kind, {"templates": pool}, most)
    return Reward(kind, {key: value for key, value in effect.items() if key != "kind"}, 0)


# --- limits --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Use:
    """What one participation takes of one limit; ``limit`` None = it is only counted."""

    id: UUID
    campaign_id: int
    rule: str
    period: date | None
    subject: str
    amount: int
    limit: Limit | None


def uses_of(rule: Rule, occasion: Occasion, customer_number: str) -> list[Use]:
    found = [_use(rule, limit, limit.rule, occasion, customer_number) for limit in rule.limits]
    if rule.counts_times and not any(use.rule == TIMES_RULE for use in found):
        found.append(_use(rule, None, TIMES_RULE, occasion, customer_number))
    return found


def times_key(rule: Rule, customer_number: str) -> UUID:
    return _key(rule.campaign_id, TIMES_RULE, None, customer_number)


def _use(
    rule: Rule, limit: Limit | None, name: str, occasion: Occasion, customer_number: str
) -> Use:
    measure, period_kind, per = name.split(":")
    subject = ""
    if per == LimitPer.CUSTOMER:
        subject = customer_number
    elif per == LimitPer.BRANCH:
        subject = occasion.subject.facts.branch_path
    period = first_day(period_kind, occasion.day)
    amount = 1 if measure == LimitMeasure.COUNT else rule.cost_cents
    key = _key(rule.campaign_id, name, period, subject)
    return Use(key, rule.campaign_id, name, period, subject, amount, limit)


def first_day(period: str, day: date) -> date | None:
    """Of the period that the day lies in; None = the whole campaign."""
    if period == LimitPeriod.DAY:
        return day
    if period == LimitPeriod.WEEK:
        return day - timedelta(days=day.weekday())
    if period == LimitPeriod.MONTH:
        return day.replace(day=1)
    return None


def _key(campaign_id: int, name: str, period: date | None, subject: str) -> UUID:
    text = f"{campaign_id}\n{name}\n{period}\n{subject}".encode()
    return UUID(bytes=blake2b(text, digest_size=16).digest())
