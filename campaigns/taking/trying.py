"""What an event would lead to, rule by rule, and why not: nothing is stored or counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.choices import EventKind, Refusal
from campaigns.models import CampaignAccount, LimitCounter
from campaigns.rules.deposits import deposit_scenes
from campaigns.rules.live import LATE
from campaigns.rules.occasions import Subject, occasion_of
from campaigns.rules.reading import Rule, times_key, uses_of
from campaigns.rules.wording import (
    describe_condition,
    describe_effect,
    describe_event,
    describe_limit,
)
from campaigns.taking.books import SWITCHED_OFF
from coupons.terms.scenes import describe_scene
from coupons.wording import yuan
from customers.audiences import describe as describe_audience


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that must hold."""

    sentence: str
    holds: bool
    # What was found, when that says more.
    found: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    lines: list[Line]
    rewards: list[str]
    cost_cents: int

    @property
    def would_reward(self) -> bool:
        return all(line.holds for line in self.lines)

    @property
    def refusal(self) -> str:
        return next((line.refusal for line in self.lines if not line.holds), "")


@dataclass(frozen=True, slots=True)
class Tried:
    """The event that is imagined."""

    kind: str
    customer_number: str
    occurred_at: datetime
    amount_cents: int = 0
    scene: str = ""


def dry_run(rule: Rule, event: Tried, subject: Subject, at: datetime | None = None) -> Trial:
    """``rule``: of ``campaigns.rules.reading.compile_rule``, also of a draft; ``at``: when the
    event is reported, if not when it happens."""
    if event.kind == EventKind.JOINED:
        # Who joins on the page pays nothing, and nowhere.
        event = replace(event, amount_cents=0, scene="")
    occasion = occasion_of(event.kind, event.occurred_at, event.amount_cents, event.scene, subject)
    counters = {
        str(pk): used
        for pk, used in LimitCounter.objects.filter(
            pk__in=[
                *(use.id for use in uses_of(rule, occasion, event.customer_number)),
                times_key(rule, event.customer_number),
            ]
        ).values_list("pk", "used")
    }
    times = counters.get(str(times_key(rule, event.customer_number)), 0)
    lines = [
        _event(rule, event),
        *_deposit(event),
        *_period(rule, event.occurred_at, at or event.occurred_at),
        _branch(rule, subject),
    ]
    for refusal, condition, holds in rule.conditions:
        lines.append(Line(describe_condition(condition), holds(occasion, times), refusal=refusal))
    audience = rule.document.get("audience") or {}
    words = _("; ").join(describe_audience(audience)) or _("Every customer")
    lines.append(Line(words, rule.audience(occasion, times), refusal=Refusal.OUTSIDE_AUDIENCE))
    for use in uses_of(rule, occasion, event.customer_number):
        if use.limit is not None:
            used = counters.get(str(use.id), 0)
            sentence = describe_limit({
                "measure": use.limit.measure, "period": use.limit.period, "per": use.limit.per,
                "limit": use.limit.limit,
            })  # fmt: skip
            found = _("used so far: %(used)s") % {"used": _used(use.limit.measure, used)}
            lines.append(Line(sentence, used + use.amount <= use.limit.limit, found, Refusal.LIMIT))
    lines += _account(rule)
    rewards = [describe_effect({"kind": each.kind, **each.parameters}) for each in rule.rewards]
    return Trial(lines, rewards, rule.cost_cents)


def _event(rule: Rule, event: Tried) -> Line:
    kinds = _(", ").join(describe_event(kind) for kind in EventKind.values if kind in rule.events)
    sentence = _("The event is one of: %(kinds)s") % {"kinds": kinds}
    return Line(sentence, event.kind in rule.events, describe_event(event.kind))


def _deposit(event: Tried) -> list[Line]:
    if event.scene not in deposit_scenes():
        return []
    sentence = _("No deposit: a gift may not be tied to one")
    return [Line(sentence, holds=False, found=describe_scene(event.scene), refusal=Refusal.SCENE)]


def _period(rule: Rule, occurred_at: datetime, at: datetime) -> list[Line]:
    shown = _shown(occurred_at)
    starts = _("Not before %(when)s") % {"when": _shown(rule.starts_at)}
    lines = [Line(starts, occurred_at >= rule.starts_at, shown, Refusal.NOT_STARTED)]
    if rule.ends_at is not None:
        ends = _("Before %(when)s") % {"when": _shown(rule.ends_at)}
        lines.append(Line(ends, occurred_at < rule.ends_at, shown, Refusal.ENDED))
        if at >= rule.ends_at + LATE:
            late = _("Reported at most %(days)s days after the end") % {"days": LATE.days}
            lines.append(Line(late, holds=False, found=_shown(at), refusal=Refusal.ENDED))
    return lines


def _branch(rule: Rule, subject: Subject) -> Line:
    holds = subject.facts.branch_path.startswith(rule.branch_path)
    return Line(_("A customer of the campaign's branches"), holds, refusal=Refusal.OTHER_BRANCH)


def _account(rule: Rule) -> list[Line]:
    account = CampaignAccount.objects.filter(campaign=rule.campaign_id).first()
    if account is None:
        budget = rule.document.get("budget_cents", 0)
        return [_budget(budget, 0, rule.cost_cents)]
    refusal = SWITCHED_OFF.get(account.run_state, "")  # type: ignore[call-overload]
    running = Line(
        _("The campaign is running"), not refusal, str(account.get_run_state_display()), refusal
    )
    return [running, _budget(account.budget_cents, account.committed_cents, rule.cost_cents)]


def _budget(budget: int, committed: int, cost: int) -> Line:
    left = budget - committed
    sentence = _("The budget pays for it: %(cost)s yuan") % {"cost": yuan(cost)}
    found = _("%(left)s yuan are left") % {"left": yuan(max(0, left))}
    return Line(sentence, cost <= left, found, Refusal.BUDGET)


def _used(measure: str, used: int) -> str:
    return yuan(used) if measure == "amount" else f"{used:,}"


def _shown(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def document_of(payload: Mapping[str, Any], envelope: Mapping[str, Any]) -> dict[str, Any]:
    """A draft's payload as ``CampaignTerms`` would keep it."""
    names = ("title", "starts_at", "ends_at", "audience", "branch_path")
    return {**payload, **{name: envelope[name] for name in names}}
