"""A province campaign in words: for its checkers, its form and the banks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaigns.designing.wording import describe_kind
from campaigns.province.choices import Field
from campaigns.province.locks import period_of
from campaigns.province.wanted import describe_wanted
from campaigns.rules.wording import (
    describe_condition,
    describe_effect,
    describe_event,
    describe_limit,
)
from coupons.terms.amounts import yuan
from coupons.terms.bearers import describe_bearers
from customers.audiences import describe as describe_audience
from publishing.choices import Lock
from publishing.registry import Shown


def show_payload(payload: Mapping[str, Any]) -> list[Shown]:
    lines = []
    for name in Field.values:
        rule = payload["fields"].get(name, {})
        lock = Lock(rule.get("lock", Lock.FREE))
        words = show_value(name, rule.get("value")) or "—"
        label = capfirst(str(Field(name).label))
        lines.append(Shown(name, label, f"[{lock.label}] {words}"))
    return lines


def show_value(name: str, value: Any) -> str:
    """Of a field of the province's; empty = nothing is said."""
    if value is None:
        return ""
    return _SHOW.get(name, str)(value)


def show_own(name: str, content: Any) -> str:
    """Of the same field of a bank's campaign (its content)."""
    if name == Field.PERIOD:
        return _from_until(content.starts_at, content.ends_at)
    value = getattr(content, name)
    if name == Field.EFFECTS:
        return _each(describe_effect, value)
    return show_value(name, value)


def _from_until(starts: Any, ends: Any) -> str:
    shown = [timezone.localtime(each).strftime("%Y-%m-%d %H:%M") if each else "…"
             for each in (starts, ends)]  # fmt: skip
    return " – ".join(shown)


def _each(describe: Callable[[Any], str], values: Iterable[Any]) -> str:
    return "\n".join(map(describe, values))


_SHOW: dict[str, Callable[[Any], str]] = {
    Field.KIND: describe_kind,
    Field.PERIOD: lambda value: _from_until(*period_of(value)),
    Field.EVENTS: lambda value: _each(describe_event, value),
    Field.CONDITIONS: lambda value: (
        _each(describe_condition, value) or _("none: every event qualifies")
    ),
    Field.EFFECTS: lambda value: _each(describe_wanted, value),
    Field.LIMITS: lambda value: _each(describe_limit, value) or _("no limit"),
    Field.BUDGET: yuan,
    Field.BEARERS: describe_bearers,
    Field.AUDIENCE: lambda value: "\n".join(describe_audience(value)) or _("all customers"),
}
