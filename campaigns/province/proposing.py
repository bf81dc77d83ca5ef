"""What a province campaign makes of a bank's own: the first draft, and that of a newer version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from campaigns.designing.content import CampaignContent
from campaigns.designing.starting import BANK_ALONE, values_of
from campaigns.province.choices import Field
from campaigns.province.locks import PERIOD, Payload, binding, period_of, same
from campaigns.province.wording import show_own, show_value
from publishing.choices import Lock

if TYPE_CHECKING:
    from campaigns.province.reading import Published

# What a bank says when it joins or takes a newer version: {Field: value}, as in its campaign.
Filled = Mapping[str, Any]
# Rewards and must-fill fields are the bank's own from the beginning: they do not differ.
_OWN = (Lock.MUST_FILL,)


def first_content(published: Published, filled: Filled) -> CampaignContent:
    """Not yet cleaned or checked."""
    bound = binding(published.payload)
    begun = values_of(bound[Field.KIND][1])
    starts, ends = period_of(bound[Field.PERIOD][1])
    values = {
        name: filled.get(name, _proposed(bound[name], begun.get(name, _NOTHING[name])))
        for name in _NOTHING
    }
    return CampaignContent(
        title=filled.get("title") or published.title, kind=bound[Field.KIND][1], starts_at=starts,
        ends_at=ends, effects=list(filled.get(Field.EFFECTS) or []), **values,
    )  # fmt: skip


_NOTHING: dict[str, Any] = {
    "summary": "", "button": "", "rules_text": "", "events": [], "conditions": [], "limits": [],
    "budget_cents": 0, "bearers": BANK_ALONE, "audience": {},
}  # fmt: skip


def _proposed(bound: tuple[Lock, Any], otherwise: Any) -> Any:
    """What is only shown as an example of something to fill in is not proposed."""
    lock, value = bound
    return otherwise if value is None or lock == Lock.MUST_FILL else value


def next_content(
    content: CampaignContent, joined: Payload, newer: Payload, filled: Filled
) -> CampaignContent:
    """A bank's campaign under a newer version: what is locked follows, what it had left as
    proposed follows, what is its own stays. Not yet cleaned or checked."""
    before = binding(joined)
    changes: dict[str, Any] = {}
    for name, (lock, value) in binding(newer).items():
        if name in filled:
            changes[name] = filled[name]
        elif name == Field.PERIOD:
            changes |= _next_period(content, before.get(name), lock, value)
        elif name != Field.EFFECTS and _follows(content, name, lock, before.get(name)):
            changes[name] = value
    return replace(content, **{name: value for name, value in changes.items() if value is not None})


def _follows(
    content: CampaignContent, name: str, lock: Lock, before: tuple[Lock, Any] | None
) -> bool:
    if lock == Lock.LOCKED:
        return True
    if lock != Lock.DEFAULT:
        return False
    return before is None or same(getattr(content, name), before[1])


def _next_period(
    content: CampaignContent, before: tuple[Lock, Any] | None, lock: Lock, value: Any
) -> dict[str, Any]:
    starts, ends = period_of(value)
    own = (content.starts_at, content.ends_at)
    if lock == Lock.LOCKED or (before is not None and own == period_of(before[1])):
        return dict(zip(PERIOD, (starts, ends), strict=True))
    return {}


def drift(content: CampaignContent, payload: Payload) -> list[str]:
    """Fields in which a bank's campaign says something else than the province proposes."""
    return [name for name, (lock, value) in binding(payload).items()
            if _differs(content, name, lock, value)]  # fmt: skip


def _differs(content: CampaignContent, name: str, lock: Lock, value: Any) -> bool:
    if value is None or lock in _OWN or name == Field.EFFECTS:
        return False
    if name == Field.PERIOD:
        return (content.starts_at, content.ends_at) != period_of(value)
    return not same(getattr(content, name), value)


@dataclass(frozen=True, slots=True)
class Change:
    """What a newer version changes about one field of a bank's campaign; all as people read it."""

    field: str
    lock_before: str
    lock_after: str
    old: str
    new: str
    now: str
    after: str

    @property
    def label(self) -> str:
        return str(Field(self.field).label)


def changes(content: CampaignContent, joined: Payload, newer: Payload) -> list[Change]:
    """Fields of which the province says something else than the version that the bank joined."""
    before, after = binding(joined), binding(newer)
    then = next_content(content, joined, newer, {})
    return [
        _change(name, before.get(name, (Lock.FREE, None)), after[name], content, then)
        for name in Field.values
        if name in after and before.get(name) != after[name]
    ]


def _change(
    name: str, before: tuple[Lock, Any], after: tuple[Lock, Any], now: CampaignContent,
    then: CampaignContent,
) -> Change:  # fmt: skip
    return Change(
        name, str(before[0].label), str(after[0].label), show_value(name, before[1]),
        show_value(name, after[1]), show_own(name, now), show_own(name, then),
    )  # fmt: skip
