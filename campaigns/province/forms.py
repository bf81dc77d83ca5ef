"""The form in which the platform designs: per field a lock and a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.choices import CampaignKind
from campaigns.designing.content import MOST_BUTTON, MOST_RULES, MOST_SUMMARY, MOST_TITLE
from campaigns.designing.starting import values_of
from campaigns.forms.conditions import ConditionsField
from campaigns.forms.rows import EventsField, LimitsField
from campaigns.province.choices import LOCKS, Field
from campaigns.province.content import IN_COLUMNS, ProvinceContent
from campaigns.province.errors import BadProvinceCampaign
from campaigns.province.models import ProvinceCampaign
from campaigns.province.wanted_forms import WantedField, first_wanted
from coupons.forms.fields import YuanField
from coupons.forms.rows import BearersField
from customers.audience_forms import AudienceField
from operators.admin_base import MomentWidget
from publishing.choices import Lock
from publishing.draft_forms import DraftForm, next_hour
from publishing.governed.rows import LockShown

if TYPE_CHECKING:
    from django.forms import BoundField

PERIOD_DAYS = 30
HELP: dict[str, Any] = {
    Field.TITLE: gettext_lazy("At most 80 characters; customers read it."),
    Field.KIND: gettext_lazy("Stays for good once the campaign is published."),
    Field.PERIOD: gettext_lazy(
        "Banks run it within this period, whatever the lock; locked, for exactly as long."
    ),
    Field.RULES_TEXT: gettext_lazy(
        "One rule per line. To be filled in: what stands here shows banks where their words go."
    ),
    Field.EFFECTS: gettext_lazy(
        "Coupons are the banks' own. “Must be filled”: worth at least this; “locked”: exactly this;"
        " “free”: a suggestion."
    ),
    Field.BUDGET: gettext_lazy("Of each bank, in yuan."),
    Field.BEARERS: gettext_lazy(
        "Locked: no coupon of a bank may let the province bear more than this."
    ),
}


def value_name(field: str) -> str:
    return f"value__{field}"


def lock_name(field: str) -> str:
    return f"lock__{field}"


class ProvinceCampaignForm(DraftForm):
    # Set by the admin on the class that it makes for one request.
    starting_point = ""

    class Meta:
        model = ProvinceCampaign
        fields = ("starts_at", "ends_at")
        widgets = dict.fromkeys(("starts_at", "ends_at"), MomentWidget)
        field_classes = dict.fromkeys(("starts_at", "ends_at"), forms.DateTimeField)

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["ends_at"].required = False
        begun = {} if self.instance.pk else self._begin()
        for name in Field.values:
            self._add(name, self.instance.rules.get(name, {}), begun)

    def _begin(self) -> dict[str, Any]:
        starts = next_hour()
        self.initial.setdefault("starts_at", starts)
        self.initial.setdefault("ends_at", starts + timedelta(days=PERIOD_DAYS))
        kind = self.starting_point or CampaignKind.SPEND_AND_SAVE
        begun = {**values_of(kind), Field.EFFECTS: first_wanted(kind)}
        if len(begun.get(Field.BUTTON, "")) > MOST_BUTTON:  # in a wordy language
            begun[Field.BUTTON] = ""
        return begun

    def _add(self, name: str, rule: Mapping[str, Any], begun: Mapping[str, Any]) -> None:
        label = Field(name).label
        choices = [(lock.value, lock.label) for lock in LOCKS[name]]
        self.fields[lock_name(name)] = forms.ChoiceField(
            label=_("Lock of “%(label)s”") % {"label": label}, choices=choices,
            widget=UnfoldAdminSelectWidget(attrs={"data-lock": ""}),
        )  # fmt: skip
        self.initial[lock_name(name)] = rule.get("lock", LOCKS[name][0])
        if name == Field.PERIOD:
            return
        self.fields[value_name(name)] = field = _FIELDS[name]()
        field.label, field.required = label, False
        start = self.instance.title if name == Field.TITLE else rule.get("value", begun.get(name))
        self.initial[value_name(name)] = start

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            self.content = self._content(cleaned).cleaned()
        except BadProvinceCampaign as error:
            self.add_error(self._shown_at(error.field), str(error.message))
        return cleaned

    def _content(self, cleaned: Mapping[str, Any]) -> ProvinceContent:
        rules = {
            name: {
                "lock": cleaned[lock_name(name)],
                **({} if name in IN_COLUMNS else {"value": cleaned[value_name(name)]}),
            }
            for name in Field.values
        }
        return ProvinceContent(
            cleaned[value_name(Field.TITLE)], cleaned["starts_at"], cleaned["ends_at"], rules
        )

    def _shown_at(self, field: str) -> str | None:
        if field == Field.PERIOD:
            return "ends_at"
        return value_name(field) if value_name(field) in self.fields else None


def _kind_field() -> forms.Field:
    return forms.ChoiceField(choices=CampaignKind.choices, widget=UnfoldAdminSelectWidget)


def _line_field(most: int) -> forms.Field:
    return forms.CharField(max_length=most, widget=UnfoldAdminTextInputWidget)


def _text_field() -> forms.Field:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 5})
    return forms.CharField(max_length=MOST_RULES, widget=widget)


_FIELDS: dict[str, Any] = {
    Field.TITLE: lambda: _line_field(MOST_TITLE),
    Field.KIND: _kind_field,
    Field.SUMMARY: lambda: _line_field(MOST_SUMMARY),
    Field.BUTTON: lambda: _line_field(MOST_BUTTON),
    Field.RULES_TEXT: _text_field,
    Field.EVENTS: EventsField,
    Field.CONDITIONS: ConditionsField,
    Field.EFFECTS: WantedField,
    Field.LIMITS: LimitsField,
    Field.BUDGET: YuanField,
    Field.BEARERS: BearersField,
    Field.AUDIENCE: lambda: AudienceField(province=True),
}


# --- on the page ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Row:
    """One field of the page; the controls are None for those who only look."""

    name: str
    help_text: Any
    lock: LockShown
    value: str
    lock_control: BoundField | None
    controls: list[BoundField]

    @property
    def label(self) -> str:
        return str(Field(self.name).label)


SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("Campaign"), (Field.TITLE, Field.KIND, Field.PERIOD)),
    (
        gettext_lazy("Rule"), (Field.EVENTS, Field.CONDITIONS, Field.EFFECTS, Field.LIMITS),
    ),
    (gettext_lazy("What it may cost"), (Field.BUDGET, Field.BEARERS)),
    (gettext_lazy("For whom"), (Field.AUDIENCE,)),
    (gettext_lazy("What customers read"), (Field.SUMMARY, Field.BUTTON, Field.RULES_TEXT)),
)  # fmt: skip


def sections(
    payload: Mapping[str, Any] | None, form: Any, show: Any
) -> list[tuple[str, list[Row]]]:
    """``form`` None: to look at only. ``show(name, value)``: as people read it."""
    fields = payload["fields"] if payload else {}
    return [
        (str(title), [_row(name, fields.get(name, {}), form, show) for name in names])
        for title, names in SECTIONS
    ]


def _row(name: str, rule: Mapping[str, Any], form: Any, show: Any) -> Row:
    names = ["starts_at", "ends_at"] if name == Field.PERIOD else [value_name(name)]
    controls = [form[each] for each in names] if form is not None else []
    return Row(
        name, HELP.get(name, ""), LockShown(Lock(rule.get("lock", LOCKS[name][0]))),
        show(name, rule.get("value")), form[lock_name(name)] if form is not None else None,
        controls,
    )  # fmt: skip
