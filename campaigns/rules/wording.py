"""Events, conditions, rewards and limits as a banker reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.choices import (
    ConditionKind,
    EffectKind,
    EventKind,
    LimitMeasure,
    LimitPer,
    LimitPeriod,
)
from coupons.models import CouponTemplate
from coupons.terms.scenes import describe_scenes
from coupons.wording import yuan
from customers.audiences import describe as describe_audience


def describe_event(kind: str) -> str:
    return str(EventKind(kind).label) if kind in EventKind.values else kind


def describe_condition(condition: Mapping[str, Any]) -> str:
    maker = _SENTENCES.get(str(condition.get("kind")))
    if maker is None:
        return _("A condition that this release does not know: nobody qualifies")
    return maker(condition)


def describe_effect(effect: Mapping[str, Any]) -> str:
    kind = effect.get("kind")
    if kind == EffectKind.GRANT_COUPON:
        return _("Gives the coupon %(coupon)s") % {"coupon": _title(effect["template"])}
    if kind == EffectKind.GRANT_FROM_POOL:
        parts = [
            _("%(coupon)s (weight %(weight)s)")
            % {"coupon": _title(each["template"]), "weight": each["weight"]}
            for each in effect["templates"]
        ]
        return _("Gives one of these coupons: %(coupons)s") % {"coupons": _(", ").join(parts)}
    if kind == EffectKind.TAG_CUSTOMER:
        return _("Tags the customer “%(tag)s”") % {"tag": effect["tag"]}
    return _("A reward that this release does not know")


def describe_limit(limit: Mapping[str, Any]) -> str:
    if limit["measure"] == LimitMeasure.AMOUNT:
        number = _("%(amount)s yuan") % {"amount": yuan(limit["limit"])}
    else:
        number = ngettext("%(n)s time", "%(n)s times", limit["limit"]) % {
            "n": f"{limit['limit']:,}"
        }
    return _("%(per)s, %(period)s: at most %(number)s") % {
        "per": LimitPer(limit["per"]).label,
        "period": LimitPeriod(limit["period"]).label,
        "number": number,
    }


def _title(template_id: int) -> str:
    found = CouponTemplate.objects.filter(pk=template_id).values_list("title", "code").first()
    return f"{found[0]} ({found[1]})" if found else _("(a coupon that is not there)")


def _amount(condition: Mapping[str, Any]) -> str:
    least, most = condition.get("least_cents") or 0, condition.get("most_cents")
    if most is None:
        return _("At least %(least)s yuan") % {"least": yuan(least)}
    return _("From %(least)s to %(most)s yuan") % {"least": yuan(least), "most": yuan(most)}


def _scene(condition: Mapping[str, Any]) -> str:
    return _("In these scenes: %(scenes)s") % {"scenes": describe_scenes(condition["values"])}


def _audience(condition: Mapping[str, Any]) -> str:
    return _("; ").join(describe_audience(condition["rule"])) or _("Every customer")


def _weekdays(condition: Mapping[str, Any]) -> str:
    days = _(", ").join(str(WEEKDAYS[day - 1]) for day in condition["values"])
    return _("On these days: %(days)s") % {"days": days}


def _hours(condition: Mapping[str, Any]) -> str:
    return _("From %(from)s until %(until)s") % {
        "from": condition["from"], "until": condition["until"]
    }  # fmt: skip


def _new_customer(condition: Mapping[str, Any]) -> str:
    return _("Account opened at most %(days)s days before") % {"days": condition["days"]}


def _has_tag(condition: Mapping[str, Any]) -> str:
    tags = _(", ").join(condition["values"])
    if condition.get("wanted", True):
        return _("With at least one of these tags: %(names)s") % {"names": tags}
    return _("With none of these tags: %(names)s") % {"names": tags}


def _times(condition: Mapping[str, Any]) -> str:
    least, most = condition.get("least") or 0, condition.get("most")
    if most is None:
        return _("Has taken part at least %(least)s times before") % {"least": least}
    return _("Has taken part %(least)s to %(most)s times before") % {"least": least, "most": most}


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    ConditionKind.AMOUNT: _amount,
    ConditionKind.SCENE: _scene,
    ConditionKind.AUDIENCE: _audience,
    ConditionKind.WEEKDAYS: _weekdays,
    ConditionKind.HOURS: _hours,
    ConditionKind.NEW_CUSTOMER: _new_customer,
    ConditionKind.HAS_TAG: _has_tag,
    ConditionKind.TIMES: _times,
}
