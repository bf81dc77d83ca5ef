"""The terms of a template in words: for its checkers, for lists, and on the customers' card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from coupons.choices import CouponKind, RedeemedAt, Validity
from coupons.terms.amounts import discount_words, percent, yuan
from coupons.terms.bearers import describe_bearers
from coupons.terms.limits import describe_limit
from coupons.terms.scenes import describe_scenes
from coupons.wording import yuan as plain_yuan
from publishing.registry import Shown


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    return [
        Shown("code", _("template code"), payload["code"]),
        Shown("kind", _("kind of coupon"), str(CouponKind(payload["kind"]).label)),
        Shown("value", pgettext_lazy("coupon", "Value"), describe_value(payload)),
        Shown("threshold", _("Usable from"), describe_threshold(payload["threshold_cents"])),
        Shown("scenes", _("scenes"), describe_scenes(payload["scenes"])),
        Shown("used", _("used"), str(RedeemedAt(payload["redeemed_at"]).label)),
        Shown("validity", _("validity"), describe_validity(payload)),
        Shown("claimable", _("customers may claim it"), _yes_or_no(payload["is_claimable"])),
        Shown("stock", _("stock"), f"{payload['stock_limit']:,}"),
        Shown("budget", _("budget"), yuan(payload["budget_cents"])),
        Shown("limits", _("limits"), describe_limits(payload["limits"])),
        Shown("bearers", _("cost bearers"), describe_bearers(payload["bearers"])),
        Shown("stacking", _("stacking group"), describe_stacking(payload["stacking_group"])),
        Shown("pattern", _("pattern of the codes"), payload["code_pattern"] or gettext("any code")),
        Shown("lock", _("minutes a payment may take"), str(payload["lock_minutes"])),
        Shown("rules", _("rules for customers"), payload["rules"] or "—"),
    ]


def describe_value(terms: Mapping[str, Any]) -> str:
    """One line: 5.00 yuan; 8.5折, at most 30.00 yuan; 0.5% …"""
    kind, most = terms["kind"], terms["face_max_cents"]
    if kind == CouponKind.DISCOUNT:
        return gettext("%(discount)s, at most %(most)s off") % {
            "discount": discount_words(terms["rate_bp"]), "most": yuan(most),
        }  # fmt: skip
    if kind == CouponKind.INTEREST:
        return gettext("%(rate)s of interest, worth at most %(most)s") % {
            "rate": percent(terms["rate_bp"]), "most": yuan(most),
        }  # fmt: skip
    return face_range(terms["face_min_cents"], most)


def face_range(least: int, most: int) -> str:
    if least == most:
        return yuan(least)
    return gettext("%(least)s to %(most)s") % {"least": plain_yuan(least), "most": yuan(most)}


def describe_threshold(cents: int) -> str:
    return yuan(cents) if cents else gettext("any amount")


def describe_validity(terms: Mapping[str, Any]) -> str:
    until = _moment(terms["valid_until"])
    last = last_day(until)
    if terms["validity"] == Validity.AFTER_CLAIM:
        words = gettext("%(days)s days after the claim") % {"days": terms["days_after_claim"]}
        return (
            f"{words}{gettext(', until %(last)s at the latest') % {'last': last}}"
            if last
            else (words)
        )
    first = _moment(terms["valid_from"])
    if first is None:
        return gettext("until %(last)s") % {"last": last}
    return f"{timezone.localtime(first):%Y-%m-%d} – {last}"


def last_day(until: datetime | None) -> str:
    """``until`` is the midnight that ends it."""
    if until is None:
        return ""
    return f"{timezone.localtime(until) - timedelta(seconds=1):%Y-%m-%d}"


def describe_limits(limits: list[dict[str, Any]]) -> str:
    return "\n".join(map(describe_limit, limits)) or gettext("no limit")


def describe_stacking(group: str) -> str:
    if not group:
        return gettext("never beside another coupon")
    return gettext("one coupon of the group “%(group)s” per payment") % {"group": group}


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else None


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")
