"""A campaign in words, for its checkers and for those who may only look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import Confirmation
from campaigns.choices import CampaignKind
from campaigns.rules.wording import (
    describe_condition,
    describe_effect,
    describe_event,
    describe_limit,
)
from coupons.terms.amounts import yuan
from coupons.terms.bearers import describe_bearers
from publishing.registry import Shown

# From this budget on its checkers confirm the sum.
LARGE_BUDGET = 100_000_00


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    return [
        Shown("kind", gettext_lazy("kind of campaign"), describe_kind(payload["kind"])),
        Shown("summary", gettext_lazy("in one sentence"), payload["summary"] or "—"),
        Shown("button", gettext_lazy("word on the button"), payload["button"] or "—"),
        *show_rule(payload),
        Shown("budget", gettext_lazy("budget"), yuan(payload["budget_cents"])),
        Shown("bearers", gettext_lazy("cost bearers"), describe_bearers(payload["bearers"])),
        Shown("province", gettext_lazy("province campaign"), _province(payload["province"])),
        Shown("rules", gettext_lazy("rules for customers"), payload["rules"] or "—"),
    ]


def show_rule(payload: dict[str, Any]) -> list[Shown]:
    """Event, conditions, rewards, limits."""
    return [
        Shown(
            "events", gettext_lazy("qualifying events"), _each(describe_event, payload["events"])
        ),
        Shown(
            "conditions", gettext_lazy("conditions"),
            _each(describe_condition, payload["conditions"]) or _("none: every event qualifies"),
        ),
        Shown("effects", gettext_lazy("rewards"), _each(describe_effect, payload["effects"])),
        Shown(
            "limits", gettext_lazy("limits"),
            _each(describe_limit, payload["limits"]) or _("no limit"),
        ),
    ]  # fmt: skip


def describe_kind(kind: str) -> str:
    return str(CampaignKind(kind).label) if kind in CampaignKind.values else kind


def confirmations(payload: dict[str, Any]) -> list[Confirmation]:
    """The checkers of a large budget say yes to the sum itself."""
    if payload["budget_cents"] < LARGE_BUDGET:
        return []
    sentence = _("All rewards together may cost up to %(budget)s, borne by: %(bearers)s.") % {
        "budget": yuan(payload["budget_cents"]),
        "bearers": describe_bearers(payload["bearers"]),
    }
    return [Confirmation("large_budget", sentence)]


def _province(origin: dict[str, Any] | None) -> str:
    if not origin:
        return _("none: the bank's own campaign")
    return _("carries out the province's campaign, version %(version)s") % {
        "version": origin["version"]
    }


def _each(describe: Callable[[Any], str], values: Iterable[Any]) -> str:
    return "\n".join(map(describe, values))
