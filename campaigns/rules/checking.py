"""Whether a rule can be followed at all: every word of the closed lists, every number in range.

Raises ``BadCampaign`` naming the field; gives the rule tidied, as it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.errors import DomainError
from campaigns.choices import (
    ConditionKind,
    EffectKind,
    EventKind,
    LimitMeasure,
    LimitPer,
    LimitPeriod,
)
from campaigns.errors import BadCampaign
from campaigns.rules.wording import describe_limit
from coupons.terms.scenes import clean_scenes
from customers.audience_cleaning import clean_rule as clean_audience
from customers.tags import clean_tag
from operators.roles import is_platform

MOST_CONDITIONS, MOST_EFFECTS, MOST_LIMITS, MOST_IN_POOL = 20, 5, 10, 20
MOST_CENTS, MOST_NUMBER, MOST_DAYS = 10**13, 10**9, 3660
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_PERIODS = (LimitPeriod.DAY, LimitPeriod.WEEK, LimitPeriod.MONTH, LimitPeriod.CAMPAIGN)
_SUBJECTS = (LimitPer.CUSTOMER, LimitPer.BRANCH, LimitPer.CAMPAIGN)
LIMIT_KEYS = ("measure", "period", "per")
_LIMIT_CHOICES = (LimitMeasure, LimitPeriod, LimitPer)
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CleanRule:
    events: list[str]
    conditions: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    limits: list[dict[str, Any]]


def clean_rule(
    *,
    events: Sequence[str],
    conditions: Sequence[Json],
    effects: Sequence[Json],
    limits: Sequence[Json],
) -> CleanRule:
    """The parts by themselves and together; whether templates are live, the publication asks."""
    rule = CleanRule(
        clean_events(events), clean_conditions(conditions), clean_effects(effects),
        clean_limits(limits),
    )  # fmt: skip
    _refuse_endless(rule)
    _refuse_idle(rule)
    return rule


# --- events --------------------------------------------------------------------------------------
def clean_events(raw: Sequence[str]) -> list[str]:
    events = [event for event in EventKind.values if event in raw]
    unknown = [str(event) for event in raw if event not in EventKind.values]
    if unknown:
        raise _bad("events", _("“%(kind)s” is no kind of event.") % {"kind": unknown[0][:40]})
    if not events:
        raise _bad("events", _("Choose at least one event that qualifies."))
    return events


# --- conditions ----------------------------------------------------------------------------------
def clean_conditions(raw: Sequence[Json]) -> list[dict[str, Any]]:
    if len(raw) > MOST_CONDITIONS:
        raise _bad(
            "conditions", _("At most %(most)s conditions.") % {"most": MOST_CONDITIONS}
        )  # fmt: skip
    conditions = [_condition(each) for each in raw]
    kinds = [each["kind"] for each in conditions]
    for kind in kinds:
        if kinds.count(kind) > 1 and kind != ConditionKind.HAS_TAG:
            raise _bad(
                "conditions",
                _("The condition “%(kind)s” stands there twice; put both into one.")
                % {"kind": ConditionKind(kind).label},
            )
    return conditions


def _condition(raw: Json) -> dict[str, Any]:
    kind = str(raw.get("kind")) if isinstance(raw, Mapping) else ""
    clean = _CONDITIONS.get(kind)
    if clean is None:
        raise _bad("conditions", _("“%(kind)s” is no condition.") % {"kind": str(kind)[:40]})
    condition = {"kind": kind, **clean(raw)}
    if extra := set(raw) - set(condition):
        raise _bad(
            "conditions",
            _("The condition “%(kind)s” does not know “%(word)s”.")
            % {"kind": ConditionKind(kind).label, "word": min(map(str, extra))[:40]},
        )
    return condition


def _amount(raw: Json) -> dict[str, Any]:
    least = _number(raw.get("least_cents") or 0, "conditions", least=0, most=MOST_CENTS)
    most = raw.get("most_cents")
    if most is not None:
        most = _number(most, "conditions", least=max(1, least), most=MOST_CENTS)
    if not least and most is None:
        raise _bad("conditions", _("Say from which amount on, or up to which."))
    return {"least_cents": least, "most_cents": most}


def _scene(raw: Json) -> dict[str, Any]:
    values = raw.get("values")
    if not isinstance(values, list | tuple) or not values:
        raise _bad("conditions", _("Choose at least one scene."))
    return {"values": _other("conditions", lambda: clean_scenes(map(str, values)))}


def _audience(raw: Json) -> dict[str, Any]:
    province = is_platform(current_schema())
    rule = _other("conditions", lambda: clean_audience(raw.get("rule"), province=province))
    return {"rule": rule}


def _weekdays(raw: Json) -> dict[str, Any]:
    values = raw.get("values")
    days = values if isinstance(values, list | tuple) else ()
    if not days or any(type(day) is not int or day not in range(1, 8) for day in days):
        raise _bad("conditions", _("Choose days from Monday (1) to Sunday (7)."))
    return {"values": sorted(set(days))}


def _hours(raw: Json) -> dict[str, Any]:
    first, until = str(raw.get("from", "")), str(raw.get("until", ""))
    if not _CLOCK.fullmatch(first) or not _CLOCK.fullmatch(until) or first == until:
        raise _bad("conditions", _("Write two times of the day, such as 08:00 and 22:00."))
    return {"from": first, "until": until}


def _new_customer(raw: Json) -> dict[str, Any]:
    return {"days": _number(raw.get("days"), "conditions", least=1, most=MOST_DAYS)}


def _has_tag(raw: Json) -> dict[str, Any]:
    values = raw.get("values")
    if not isinstance(values, list | tuple) or not values:
        raise _bad("conditions", _("Name at least one tag."))
    tags = _other("conditions", lambda: [clean_tag(str(value)) for value in values])
    return {"values": list(dict.fromkeys(tags)), "wanted": bool(raw.get("wanted", True))}


def _times(raw: Json) -> dict[str, Any]:
    least = _number(raw.get("least") or 0, "conditions", least=0, most=MOST_NUMBER)
    most = raw.get("most")
    if most is not None:
        most = _number(most, "conditions", least=least, most=MOST_NUMBER)
    if not least and most is None:
        raise _bad("conditions", _("Say how many earlier participations there must be."))
    return {"least": least, "most": most}


_CONDITIONS: dict[str, Callable[[Json], dict[str, Any]]] = {
    ConditionKind.AMOUNT: _amount,
    ConditionKind.SCENE: _scene,
    ConditionKind.AUDIENCE: _audience,
    ConditionKind.WEEKDAYS: _weekdays,
    ConditionKind.HOURS: _hours,
    ConditionKind.NEW_CUSTOMER: _new_customer,
    ConditionKind.HAS_TAG: _has_tag,
    ConditionKind.TIMES: _times,
}


# --- rewards -------------------------------------------------------------------------------------
def clean_effects(raw: Sequence[Json]) -> list[dict[str, Any]]:
    if not raw:
        raise _bad("effects", _("Choose at least one reward."))
    if len(raw) > MOST_EFFECTS:
        raise _bad("effects", _("At most %(most)s rewards.") % {"most": MOST_EFFECTS})
    return [_effect(each) for each in raw]


def _effect(raw: Json) -> dict[str, Any]:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if kind == EffectKind.GRANT_COUPON:
        return {"kind": kind, "template": _template(raw.get("template"))}
    if kind == EffectKind.GRANT_FROM_POOL:
        return {"kind": kind, "templates": _pool(raw.get("templates"))}
    if kind == EffectKind.TAG_CUSTOMER:
        tag = _other("effects", lambda: clean_tag(str(raw.get("tag") or "")))
        return {"kind": kind, "tag": tag}
    raise _bad("effects", _("“%(kind)s” is no reward.") % {"kind": str(kind)[:40]})


def _pool(raw: Any) -> list[dict[str, int]]:
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= MOST_IN_POOL:
        raise _bad(
            "effects", _("A pool has 1 to %(most)s coupon templates.") % {"most": MOST_IN_POOL}
        )
    pool = [
        {
            "template": _template(each.get("template")),
            "weight": _number(each.get("weight", 1), "effects", least=1, most=1_000_000),
        }
        for each in raw
        if isinstance(each, Mapping)
    ]
    if len({each["template"] for each in pool}) < len(raw):
        raise _bad("effects", _("A coupon template stands in the pool twice."))
    return pool


def _template(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 1:
        raise _bad("effects", _("Choose the coupon template that is given."))
    return raw


# --- limits --------------------------------------------------------------------------------------
def clean_limits(raw: Iterable[Json]) -> list[dict[str, Any]]:
    """Known, each kind once, and none that another makes pointless."""
    limits = [_limit(each) for each in raw]
    if len(limits) > MOST_LIMITS:
        raise _bad("limits", _("At most %(most)s limits.") % {"most": MOST_LIMITS})
    for one, other in combinations(sorted(limits, key=_width), 2):
        if limit_key(one) == limit_key(other):
            raise _bad(
                "limits",
                _("These two limits say the same thing with two numbers; keep one: %(a)s / %(b)s")
                % {"a": describe_limit(one), "b": describe_limit(other)},
            )
        _refuse_contradiction(one, other)
    return sorted(limits, key=limit_key)


def limit_key(limit: Json) -> tuple[str, ...]:
    return tuple(limit[key] for key in LIMIT_KEYS)


def _limit(raw: Json) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for key, choices in zip(LIMIT_KEYS, _LIMIT_CHOICES, strict=True):
        value = str(raw.get(key, ""))
        if value not in choices.values:
            raise _bad("limits", _("A limit says what is counted, for how long and for whom."))
        clean[key] = value
    most = MOST_CENTS if clean["measure"] == LimitMeasure.AMOUNT else MOST_NUMBER
    return {**clean, "limit": _number(raw.get("limit"), "limits", least=1, most=most)}


def _width(limit: Json) -> int:
    return _PERIODS.index(limit["period"]) + _SUBJECTS.index(limit["per"])


def _refuse_contradiction(narrow: Json, wide: Json) -> None:
    """A wider limit that is lower is always reached first: the narrower one never counts."""
    within = _PERIODS.index(narrow["period"]) <= _PERIODS.index(wide["period"])
    inside = _SUBJECTS.index(narrow["per"]) <= _SUBJECTS.index(wide["per"])
    same = narrow["measure"] == wide["measure"]
    if same and within and inside and narrow["limit"] > wide["limit"]:
        raise _bad(
            "limits",
            _("These two limits contradict each other: “%(a)s” can never be used up under “%(b)s”.")
            % {"a": describe_limit(narrow), "b": describe_limit(wide)},
        )


# --- together ------------------------------------------------------------------------------------
def _refuse_endless(rule: CleanRule) -> None:
    """Whoever joins by a touch could join for ever."""
    if EventKind.JOINED not in rule.events:
        return
    if not any(limit["per"] == LimitPer.CUSTOMER for limit in rule.limits):
        raise _bad(
            "limits",
            _("Customers join this campaign by themselves: set a limit per customer."),
        )


def _refuse_idle(rule: CleanRule) -> None:
    """Conditions that no event of these kinds can meet."""
    if rule.events != [EventKind.JOINED]:
        return
    for condition in rule.conditions:
        if condition["kind"] in (ConditionKind.AMOUNT, ConditionKind.SCENE):
            raise _bad(
                "conditions",
                _("Who joins on the page pays nothing: “%(kind)s” could never hold. The amount"
                  " belongs into the coupon template.")
                % {"kind": ConditionKind(condition["kind"]).label},
            )  # fmt: skip


def _number(raw: Any, field: str, *, least: int, most: int) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
        raise _bad(
            field,
            _("A number from %(least)s to %(most)s is wanted here.")
            % {"least": f"{least:,}", "most": f"{most:,}"},
        )
    return raw


def _other(field: str, clean: Callable[[], Any]) -> Any:
    """What another room refuses is told at our field."""
    try:
        return clean()
    except (DomainError, ValueError) as error:
        raise _bad(field, str(error)) from error


def _bad(field: str, sentence: str) -> BadCampaign:
    return BadCampaign(sentence, field=field)
