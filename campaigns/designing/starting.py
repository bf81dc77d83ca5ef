"""Starting points: what a new campaign of each kind begins with; everything can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.choices import (
    CampaignKind,
    ConditionKind,
    EventKind,
    LimitMeasure,
    LimitPer,
    LimitPeriod,
)
from coupons.choices import Scene

BANK_ALONE = {"bank": 10_000}


@dataclass(frozen=True, slots=True)
class StartingPoint:
    kind: CampaignKind
    icon: str
    sentence: str | Promise

    @property
    def label(self) -> str:
        return str(self.kind.label)


STARTING_POINTS = (
    StartingPoint(
        CampaignKind.CLAIM_PAGE, "web",
        gettext_lazy("A page on which customers take a coupon, once each."),
    ),
    StartingPoint(
        CampaignKind.SPEND_AND_SAVE, "savings",
        gettext_lazy("Customers take a coupon and pay less with it: 50 yuan top-up for 45."),
    ),
    StartingPoint(
        CampaignKind.SPEND_AND_GET, "redeem",
        gettext_lazy("After a payment that qualifies the customer gets a coupon."),
    ),
    StartingPoint(
        CampaignKind.ACTIVATION_GIFT, "celebration",
        gettext_lazy("A present for activating the mobile bank, once per customer."),
    ),
)  # fmt: skip


def values_of(kind: str) -> dict[str, Any]:
    """Initial values of the form; empty for an unknown kind."""
    make = _VALUES.get(kind)
    if make is None:
        return {}
    return {"kind": kind, "conditions": [], "bearers": dict(BANK_ALONE), **make()}


def _claim_page() -> dict[str, Any]:
    return {
        "button": _("Get it now"),
        "events": [EventKind.JOINED.value],
        "limits": [_once(LimitPeriod.CAMPAIGN)],
        "rules_text": _("Each customer may take one coupon while stocks last."),
    }


def _spend_and_save() -> dict[str, Any]:
    return {
        "button": _("Take the coupon"),
        "events": [EventKind.JOINED.value],
        "limits": [_once(LimitPeriod.MONTH)],
        "rules_text": _(
            "Take the coupon, then pay in the mobile bank: the discount is taken off at once.\n"
            "One coupon per customer and month. A refund gives the coupon back."
        ),
    }


def _spend_and_get() -> dict[str, Any]:
    return {
        "button": "",
        "events": [EventKind.PAYMENT.value],
        "conditions": [
            {"kind": ConditionKind.AMOUNT.value, "least_cents": 5000, "most_cents": None},
            {"kind": ConditionKind.SCENE.value, "values": [Scene.values[0]]},
        ],
        "limits": [_once(LimitPeriod.MONTH)],
        "rules_text": _(
            "Pay 50 yuan or more in the mobile bank and get a coupon.\n"
            "Once per customer and month. A refund takes the coupon back."
        ),
    }


def _activation_gift() -> dict[str, Any]:
    return {
        "button": "",
        "events": [EventKind.ACTIVATION.value],
        "limits": [_once(LimitPeriod.CAMPAIGN)],
        "rules_text": _("For customers who activate the mobile bank, once per customer."),
    }


def _once(period: LimitPeriod) -> Mapping[str, Any]:
    return {
        "measure": LimitMeasure.COUNT.value, "period": period.value,
        "per": LimitPer.CUSTOMER.value, "limit": 1,
    }  # fmt: skip


_VALUES: dict[str, Callable[[], dict[str, Any]]] = {
    CampaignKind.CLAIM_PAGE: _claim_page,
    CampaignKind.SPEND_AND_SAVE: _spend_and_save,
    CampaignKind.SPEND_AND_GET: _spend_and_get,
    CampaignKind.ACTIVATION_GIFT: _activation_gift,
}
