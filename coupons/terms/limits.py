"""How often, or for how much, coupons of a template may be claimed and redeemed: limits as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from coupons.choices import LimitAction, LimitMeasure, LimitPer, LimitPeriod
from coupons.errors import BadTemplate
from coupons.terms.amounts import yuan

MOST_LIMITS = 12
MOST_CENTS, MOST_COUNT = 10**13, 10**9
KEYS = ("action", "measure", "period", "per")
_CHOICES = (LimitAction, LimitMeasure, LimitPeriod, LimitPer)
# The narrower first.
_PERIODS = (LimitPeriod.DAY, LimitPeriod.WEEK, LimitPeriod.MONTH, LimitPeriod.LIFETIME)
_SUBJECTS = (LimitPer.CUSTOMER, LimitPer.BRANCH, LimitPer.TEMPLATE)


def clean_limits(raw: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Known, each kind once, and none that another makes pointless. Raises ``BadTemplate``."""
    limits = [_clean(each) for each in raw]
    if len(limits) > MOST_LIMITS:
        raise _bad(_("At most %(most)s limits.") % {"most": MOST_LIMITS})
    for one, other in combinations(limits, 2):
        if _rule(one) == _rule(other):
            raise _bad(
                _("These two limits say the same thing with two numbers; keep one: %(a)s / %(b)s")
                % {"a": describe_limit(one), "b": describe_limit(other)}
            )
        _refuse_contradiction(*sorted((one, other), key=_width))
    return sorted(limits, key=_rule)


def _clean(raw: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for key, choices in zip(KEYS, _CHOICES, strict=True):
        value = str(raw.get(key, ""))
        if value not in choices.values:
            raise _bad(
                _("A limit says what it is about, how it is counted, for how long and whom.")
            )
        clean[key] = value
    number = raw.get("limit")
    most = MOST_CENTS if clean["measure"] == LimitMeasure.AMOUNT else MOST_COUNT
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise _bad(_("The number of a limit is above zero. To stop claims, withdraw the template."))
    return {**clean, "limit": number}


def _rule(limit: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(limit[key] for key in KEYS)


def _width(limit: Mapping[str, Any]) -> int:
    return _PERIODS.index(limit["period"]) + _SUBJECTS.index(limit["per"])


def _refuse_contradiction(narrow: Mapping[str, Any], wide: Mapping[str, Any]) -> None:
    """A wider limit that is lower can be reached first always: the narrower one never counts."""
    same = narrow["action"] == wide["action"] and narrow["measure"] == wide["measure"]
    within = _PERIODS.index(narrow["period"]) <= _PERIODS.index(wide["period"])
    inside = _SUBJECTS.index(narrow["per"]) <= _SUBJECTS.index(wide["per"])
    if same and within and inside and narrow["limit"] > wide["limit"]:
        raise _bad(
            _("These two limits contradict each other: “%(a)s” can never be used up under “%(b)s”.")
            % {"a": describe_limit(narrow), "b": describe_limit(wide)}
        )


def describe_limit(limit: Mapping[str, Any]) -> str:
    """One sentence, e.g. "redeem, per customer, a day: 2 coupons"."""
    is_amount = limit["measure"] == LimitMeasure.AMOUNT
    number = (
        yuan(limit["limit"]) if is_amount else _("%(n)s coupons") % {"n": f"{limit['limit']:,}"}
    )
    return _("%(action)s, %(per)s, %(period)s: at most %(number)s") % {
        "action": LimitAction(limit["action"]).label,
        "per": LimitPer(limit["per"]).label,
        "period": LimitPeriod(limit["period"]).label,
        "number": number,
    }


def _bad(sentence: str) -> BadTemplate:
    return BadTemplate(sentence, field="limits")
