"""Whom and when a proposed change is meant for: what a checker looks at unless they choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from customers.audiences import matches, year_of
from customers.choices import CustomerGroup
from mobile.preview.choices import CHOSEN
from mobile.preview.people import FREE, READY_MADE, VISITOR
from operators.models import Branch

if TYPE_CHECKING:
    from mobile.preview.choices import Choices
    from mobile.preview.proposals import Proposal
    from operators.models import Operator

DAYS_AHEAD = 8


def settled(
    choices: Choices, proposal: Proposal | None, operator: Operator, now: datetime
) -> Choices:
    """The choices with everything that was left open filled in, so that each page that is given
    them shows the same."""
    item = proposal.item if proposal is not None else None
    if item is None:
        return choices if choices.who else replace(choices, who=VISITOR)
    if choices.at is None:
        # A checker wants to see the change, not an empty page before its start.
        opens = first_moment(item, now)
        choices = replace(choices, at=opens, when=CHOSEN) if opens > now else choices
    if choices.branch is None and choices.customer is None:
        choices = replace(choices, branch=_branch(item, operator))
    return choices if choices.who else _with_somebody(choices, item, choices.at or now)


def first_moment(item: Mapping[str, Any], now: datetime) -> datetime:
    """The first moment from now on at which its period and its hours let it show."""
    starts_at = datetime.fromisoformat(item["starts_at"]) if item["starts_at"] else now
    earliest = max(now, starts_at)
    windows = item["payload"].get("windows") or []
    if not windows or any(_is_open(window, earliest) for window in windows):
        return earliest
    return min((each for each in _openings(windows, earliest) if each > earliest), default=earliest)


def _is_open(window: Mapping[str, Any], at: datetime) -> bool:
    local = timezone.localtime(at)
    clock = local.strftime("%H:%M")
    return local.isoweekday() in window["days"] and window["from"] <= clock < window["until"]


def _openings(windows: list[Mapping[str, Any]], at: datetime) -> Iterator[datetime]:
    local = timezone.localtime(at).replace(second=0, microsecond=0)
    for day in range(DAYS_AHEAD):
        date = local + timedelta(days=day)
        for window in windows:
            if date.isoweekday() in window["days"]:
                hours, _colon, minutes = window["from"].partition(":")
                yield date.replace(hour=int(hours), minute=int(minutes))


def _branch(item: Mapping[str, Any], operator: Operator) -> Branch | None:
    paths = [item.get("branch_path") or "", *(each.get("path", "") for each in _conditions(item))]
    # The deepest: a customer there is within the others too.
    path = max(paths, key=len)
    return Branch.objects.visible_to(operator).filter(path=path).first() if path else None


def _with_somebody(choices: Choices, item: Mapping[str, Any], at: datetime) -> Choices:
    rule, year = item.get("audience") or {}, year_of(at)
    path = choices.branch.path if choices.branch is not None else ""
    if not _asks_who(item):
        return replace(choices, who=VISITOR)
    for each in READY_MADE:
        if matches(rule, each.facts(year, branch_path=path), year):
            return replace(choices, who=each.code)
    return replace(choices, who=FREE, **_invented(item))


def _asks_who(item: Mapping[str, Any]) -> bool:
    return any(each.get("field") != "branch" for each in _conditions(item))


def _invented(item: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody with the first of the values that each condition names."""
    groups, tags, age = [], [], None
    for each in _conditions(item):
        match each.get("field"), each.get("op"):
            case "groups", "any":
                groups += [group for group in each["values"] if group in CustomerGroup.values][:1]
            case "tags", "any":
                tags += each["values"][:1]
            case "age", "between":
                age = each.get("max") if each.get("min") is None else each["min"]
    return {"groups": tuple(groups), "tags": tuple(tags), "age": age}


def _conditions(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    conditions = (item.get("audience") or {}).get("all")
    return [each for each in conditions or () if isinstance(each, Mapping)]
