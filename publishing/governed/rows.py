"""What the two pages say of each setting, in the sections of the group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from publishing import locks
from publishing.choices import Lock
from publishing.governed import reading
from publishing.governed.contents import group_named, unfilled
from publishing.governed.forms import lock_field, tick_field, value_field

if TYPE_CHECKING:
    from django.forms import BaseForm, BoundField

    from publishing.locks import Setting
    from publishing.models import BankSettings, ProvinceTemplate

COLOURS = {
    Lock.LOCKED: "danger",
    Lock.DEFAULT: "info",
    Lock.FREE: "",
    Lock.MUST_FILL: "warning",
}
ICONS = {
    Lock.LOCKED: "lock",
    Lock.DEFAULT: "tune",
    Lock.FREE: "lock_open",
    Lock.MUST_FILL: "edit_note",
}
EXPLANATIONS = {
    Lock.LOCKED: _("Holds in every bank at once; no bank can change it."),
    Lock.DEFAULT: _("Holds until a bank sets its own value; a change waits for acceptance."),
    Lock.FREE: _("Every bank decides for itself; a value here is a suggestion."),
    Lock.MUST_FILL: _("Every bank has to set its own value before it can publish."),
}


@dataclass(frozen=True, slots=True)
class LockShown:
    lock: Lock

    @property
    def label(self) -> str:
        return str(self.lock.label)

    @property
    def colour(self) -> str:
        return COLOURS[self.lock]

    @property
    def icon(self) -> str:
        return ICONS[self.lock]

    @property
    def explanation(self) -> str:
        return str(EXPLANATIONS[self.lock])


@dataclass(frozen=True, slots=True)
class TemplateRow:
    setting: Setting
    lock: LockShown
    value: str
    # None for those who only look.
    lock_control: BoundField | None
    tick: BoundField | None
    control: BoundField | None


@dataclass(frozen=True, slots=True)
class SettingRow:
    setting: Setting
    lock: LockShown
    # What the province says now, what the draft would give customers, and what it would without a
    # value of the bank's own: as accepted, which may be older than what the province says now.
    province: str
    value: str
    restored: str
    has_own: bool
    differs: bool
    is_to_do: bool
    tick: BoundField | None
    control: BoundField | None
    is_shown: bool

    @property
    def is_locked(self) -> bool:
        return self.lock.lock == Lock.LOCKED

    @property
    def is_older(self) -> bool:
        """Whether it follows an accepted template that says something else than the newest."""
        return self.differs and not self.has_own


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    label: str
    lock_before: str
    lock_after: str
    old: str
    new: str
    # Empty = none.
    own: str
    now: str
    after: str
    at_once: bool
    fill_first: bool


Row = TypeVar("Row", TemplateRow, SettingRow)


@dataclass(frozen=True, slots=True)
class Section(Generic[Row]):
    title: str
    rows: Sequence[Row]


def template_sections(
    draft: ProvinceTemplate, form: BaseForm, editable: bool
) -> list[Section[TemplateRow]]:
    rows = []
    for setting in group_named(draft.name).settings:
        rule = draft.settings.get(setting.key, {})
        rows.append(
            TemplateRow(
                setting=setting,
                lock=LockShown(Lock(rule.get("lock", Lock.FREE))),
                value=setting.show(rule["value"]) if "value" in rule else "",
                lock_control=_control(form, lock_field(setting.key), editable),
                tick=_control(form, tick_field(setting.key), editable),
                control=_control(form, value_field(setting.key), editable),
            )
        )
    return _sections(rows)


def settings_rows(
    draft: BankSettings, form: BaseForm, editable: bool, shown: str
) -> list[SettingRow]:
    """``shown``: "differs", "to_do" or anything else for all."""
    page = _SettingsPage(draft, form, editable, shown)
    return [page.row(setting) for setting in page.group.settings]


class _SettingsPage:
    def __init__(self, draft: BankSettings, form: BaseForm, editable: bool, shown: str) -> None:
        self.draft, self.form, self.editable, self.shown = draft, form, editable, shown
        self.group = group_named(draft.name)
        template = reading.published_template(draft.name)
        self.newest = newest = template.payload if template else None
        without_own = {"values": {}, "accepted": draft.accepted}
        self.province = locks.effective(self.group, newest, None)
        self.restored = locks.effective(self.group, newest, without_own)
        self.holds = locks.effective(self.group, newest, draft.render_payload())
        missing = unfilled(self.group, newest, draft.accepted, draft.values)
        self.missing = {each.key for each in missing}

    def row(self, setting: Setting) -> SettingRow:
        key, show = setting.key, setting.show
        return SettingRow(
            setting=setting,
            lock=LockShown(locks.binding_lock(self.newest, self.draft.accepted, key)),
            province=show(self.province[key]),
            value=show(self.holds[key]),
            restored=show(self.restored[key]),
            has_own=key in self.draft.values,
            differs=self._differs(key),
            is_to_do=key in self.missing,
            tick=_control(self.form, tick_field(key), self.editable),
            control=_control(self.form, value_field(key), self.editable),
            is_shown=self._is_shown(key),
        )

    def _differs(self, key: str) -> bool:
        return bool(self.holds[key] != self.province[key])

    def _is_shown(self, key: str) -> bool:
        """After a refusal everything shows: a field with an error must not hide."""
        if self.form.errors:
            return True
        wanted = {"differs": self._differs(key), "to_do": key in self.missing}
        return wanted.get(self.shown, True)


def settings_sections(rows: Iterable[SettingRow]) -> list[Section[SettingRow]]:
    return _sections(rows)


def difference_row(found: reading.Difference, draft: BankSettings) -> DifferenceRow:
    show = found.setting.show
    return DifferenceRow(
        label=found.label,
        lock_before=str(found.lock_before.label),
        lock_after=str(found.lock_after.label),
        old=show(found.old),
        new=show(found.new),
        own=show(found.own) if found.has_own else "",
        now=show(found.now),
        after=show(found.after),
        at_once=found.at_once,
        fill_first=found.fill_first and found.key not in draft.values,
    )


def _control(form: Any, name: str, editable: bool) -> BoundField | None:
    return form[name] if editable and name in form.fields else None


def _sections(rows: Iterable[Row]) -> list[Section[Row]]:
    grouped = groupby(rows, key=lambda row: str(row.setting.section))
    return [Section(title, list(each)) for title, each in grouped]
