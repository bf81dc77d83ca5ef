"""The closed list of conditions: each checked once, then a predicate and a sentence.

As JSON: {"kind": "amount", "least_cents": 5000, "most_cents": null} · {"kind": "scene", "values":
["top_up"]} · {"kind": "audience", "rule": {…}} · {"kind": "weekdays", "values": [1, 7]} · {"kind":
"hours", "from": "08:00", "until": "22:00"} · {"kind": "new_customer", "days": 30} · {"kind":
"has_tag", "values": ["…"], "wanted": true} · {"kind": "times", "least": 0, "most": 2}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from campaigns.choices import ConditionKind, Refusal
from campaigns.rules.occasions import Occasion
from customers.audiences import predicate_of

# Of an occasion and the customer's earlier participations in the campaign.
Predicate = Callable[[Occasion, int], bool]
DAY_MINUTES = 24 * 60

REFUSALS = {
    ConditionKind.AMOUNT: Refusal.AMOUNT,
    ConditionKind.SCENE: Refusal.SCENE,
    ConditionKind.AUDIENCE: Refusal.OUTSIDE_AUDIENCE,
    ConditionKind.WEEKDAYS: Refusal.WEEKDAYS,
    ConditionKind.HOURS: Refusal.HOURS,
    ConditionKind.NEW_CUSTOMER: Refusal.NEW_CUSTOMER,
    ConditionKind.HAS_TAG: Refusal.HAS_TAG,
    ConditionKind.TIMES: Refusal.TIMES,
}
# The cheapest first: what refuses most for the least work is asked first.
ORDER = (
    ConditionKind.SCENE, ConditionKind.AMOUNT, ConditionKind.WEEKDAYS, ConditionKind.HOURS,
    ConditionKind.NEW_CUSTOMER, ConditionKind.HAS_TAG, ConditionKind.AUDIENCE, ConditionKind.TIMES,
)  # fmt: skip


def predicate(condition: Mapping[str, Any]) -> Predicate:
    """Of a checked condition. What this release does not know holds for nobody."""
    maker = _MAKERS.get(str(condition.get("kind")))
    return _never if maker is None else maker(condition)


def minutes_of(clock: str) -> int:
    hours, _colon, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _never(_occasion: Occasion, _times: int) -> bool:
    return False


def _amount(condition: Mapping[str, Any]) -> Predicate:
    least = condition.get("least_cents") or 0
    most = condition.get("most_cents")
    if most is None:
        return lambda occasion, _times: occasion.amount_cents >= least
    return lambda occasion, _times: least <= occasion.amount_cents <= most


def _scene(condition: Mapping[str, Any]) -> Predicate:
    values = frozenset(condition["values"])
    return lambda occasion, _times: occasion.scene in values


def _audience(condition: Mapping[str, Any]) -> Predicate:
    holds = predicate_of(condition["rule"])
    return lambda occasion, _times: holds(occasion.subject.facts, occasion.day.year)


def _weekdays(condition: Mapping[str, Any]) -> Predicate:
    values = frozenset(condition["values"])
    return lambda occasion, _times: occasion.weekday in values


def _hours(condition: Mapping[str, Any]) -> Predicate:
    first, end = minutes_of(condition["from"]), minutes_of(condition["until"])
    if first < end:
        return lambda occasion, _times: first <= occasion.minute < end
    # Over midnight.
    return lambda occasion, _times: occasion.minute >= first or occasion.minute < end


def _new_customer(condition: Mapping[str, Any]) -> Predicate:
    days = timedelta(days=condition["days"])

    def holds(occasion: Occasion, _times: int) -> bool:
        opened = occasion.subject.opened_on
        return opened is not None and opened <= occasion.day <= opened + days

    return holds


def _has_tag(condition: Mapping[str, Any]) -> Predicate:
    values, wanted = frozenset(condition["values"]), bool(condition.get("wanted", True))
    return lambda occasion, _times: values.isdisjoint(occasion.subject.facts.tags) is not wanted


def _times(condition: Mapping[str, Any]) -> Predicate:
    least, most = condition.get("least") or 0, condition.get("most")
    if most is None:
        return lambda _occasion, times: times >= least
    return lambda _occasion, times: least <= times <= most


_MAKERS: dict[str, Callable[[Mapping[str, Any]], Predicate]] = {
    ConditionKind.AMOUNT: _amount,
    ConditionKind.SCENE: _scene,
    ConditionKind.AUDIENCE: _audience,
    ConditionKind.WEEKDAYS: _weekdays,
    ConditionKind.HOURS: _hours,
    ConditionKind.NEW_CUSTOMER: _new_customer,
    ConditionKind.HAS_TAG: _has_tag,
    ConditionKind.TIMES: _times,
}
