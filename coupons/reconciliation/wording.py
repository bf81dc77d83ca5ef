"""Breaks in the words of those who look into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from coupons.choices import CouponState
from coupons.wording import yuan

_CENTS = ("face.", "closed.face_cents", "closed.accrued", "closed.spent", "closed.province",
          "closed.bank", "closed.merchant")  # fmt: skip
_CENTS_WHOLE = frozenset({"stocked_cents", "accrued", "spent", "shares", "held_cents"})


def what_label(what: str) -> str:
    head, _dot, rest = what.partition(".")
    if head == "count":
        return _("number of coupons: %(state)s") % {"state": CouponState(rest).label}
    if head == "face":
        return _("face value of coupons: %(state)s") % {"state": CouponState(rest).label}
    if head == "closed":
        name, _dot, day = rest.partition(".")
        return _("ledger of the closed day %(day)s: %(what)s") % {
            "day": day, "what": _closed_label(name),
        }  # fmt: skip
    if head == "file":
        return _("bytes of the file %(name)s, written before") % {"name": rest}
    return _plain_label(what)


def shown_value(what: str, value: Any) -> str:
    if not isinstance(value, int):
        return str(value)
    is_money = what in _CENTS_WHOLE or what.startswith(_CENTS)
    return yuan(value) if is_money else f"{value:,}"


def sentence(found: Mapping[str, Any]) -> str:
    what = found["what"]
    return _("%(what)s: expected %(expected)s, found %(found)s") % {
        "what": what_label(what),
        "expected": shown_value(what, found["expected"]),
        "found": shown_value(what, found["found"]),
    }


def _closed_label(name: str) -> str:
    labels = {
        "count": _("number of transitions"),
        "face_cents": _("face value"),
        "accrued_cents": _("promised to customers"),
        "spent_cents": _("redeemed amount"),
        "province_cents": _("share of the provincial union"),
        "bank_cents": _("share of the bank"),
        "merchant_cents": _("share of the merchant"),
    }
    return labels.get(name, _("kinds of transitions"))


def _plain_label(what: str) -> str:
    labels = {
        "not_approved": _("coupons of a batch that was never approved"),
        "stocked": _("coupons as approved"),
        "stocked_cents": _("face value as approved"),
        "coupons": _("coupons in all states together"),
        "accrued": _("promised to customers"),
        "spent": _("redeemed and not reversed"),
        "shares": _("shares of the bearers together"),
        "held_count": _("coupons taken of the template's stock"),
        "held_cents": _("face value taken of the template's budget"),
        "unlike": _("coupons that are not as their last transition left them"),
    }
    return labels.get(what, what)
