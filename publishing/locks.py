"""Settings that the province governs field by field: locked, default, free, must-fill.

A room registers a ``Group`` of settings. The province publishes a template (a lock and a value per
setting), each bank its own values; ``effective`` says what holds. Pure functions of plain JSON: the
feed resolves with them what the consoles show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publishing.choices import Lock

if TYPE_CHECKING:
    from django.forms import Field
    from django.utils.functional import Promise

TEMPLATE_KIND, SETTINGS_KIND = "settings_template", "settings"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    label: str | Promise
    # What holds when nobody has said anything.
    builtin: Any
    # Plain JSON, tidied and valid; raises a DomainError with a sentence.
    clean: Callable[[Any], Any]
    # As a person reads it.
    show: Callable[[Any], str]
    # The form field that edits it.
    form_field: Callable[[], Field]
    help_text: str | Promise = ""
    section: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Group:
    """``name`` stands in publications for ever."""

    name: str
    label: str | Promise
    settings: tuple[Setting, ...]
    # What holds for several settings together; raises a DomainError. Gets the effective values.
    check: Callable[[Values], None] = field(default=lambda values: None)

    def get(self, key: str) -> Setting:
        return next(setting for setting in self.settings if setting.key == key)


_groups: dict[str, Group] = {}


def register(group: Group) -> Group:
    _groups[group.name] = group
    return group


def group_of(name: str) -> Group:
    return _groups[name]


def groups() -> list[Group]:
    return sorted(_groups.values(), key=lambda group: group.name)


def effective(
    group: Group, template: Mapping[str, Any] | None, own: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The value of every setting, from the payloads of the two publications (None = none)."""
    return {setting.key: _value(setting, _rules(template), own or {}) for setting in group.settings}


def lock_of(template: Mapping[str, Any] | None, key: str) -> Lock:
    return Lock(_rules(template).get(key, {}).get("lock", Lock.FREE))


def binding_lock(
    template: Mapping[str, Any] | None, accepted: Mapping[str, Any] | None, key: str
) -> Lock:
    """What binds a bank that has accepted an earlier template: a lock at once, the rest as
    accepted. ``accepted`` is that of the bank's settings; empty = it follows the newest."""
    lock = lock_of(template, key)
    if lock == Lock.LOCKED or not accepted:
        return lock
    earlier = lock_of(accepted, key)
    # No longer locked: until the bank accepts, the old value stays as what it was offered.
    return Lock.DEFAULT if earlier == Lock.LOCKED else earlier


def _rules(template: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return template["settings"] if template else {}


def _value(setting: Setting, rules: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    rule = rules.get(setting.key, {})
    # A lock holds at once, whatever the bank has accepted: that is what it is for.
    if rule.get("lock") == Lock.LOCKED:
        return deepcopy(rule["value"])
    if setting.key in own.get("values", {}):
        return deepcopy(own["values"][setting.key])
    accepted = own.get("accepted") or {}
    offered = _rules(accepted).get(setting.key, {}) if accepted else rule
    # None is a value like any other ("no limit"); a rule without one offers nothing.
    return deepcopy(offered.get("value", setting.builtin))
