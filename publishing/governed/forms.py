"""Forms of a template and of a bank's settings: their fields come from the registered group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanWidget

from audit.errors import DomainError
from publishing import locks
from publishing.choices import Lock
from publishing.governed import contents, reading
from publishing.governed.errors import BadSetting
from publishing.locks import Group, Setting
from publishing.models import BankSettings, ProvinceTemplate


def value_field(key: str) -> str:
    """The dots of a key would read as classes in a style sheet."""
    return "value__" + key.replace(".", "__")


def tick_field(key: str) -> str:
    return "has__" + key.replace(".", "__")


def lock_field(key: str) -> str:
    return "lock__" + key.replace(".", "__")


class GovernedForm(forms.ModelForm):
    # The version on the screen; the service refuses to overwrite a newer one.
    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    tick_label = gettext_lazy("Has a value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opened_version"].initial = self.instance.version
        self.group: Group = contents.group_named(self.instance.name)

    def _add_value(self, setting: Setting, value: Any, has_value: bool) -> None:
        field = setting.form_field()
        field.label, field.help_text = setting.label, setting.help_text  # type: ignore[assignment]
        # What is missing, the setting's own ``clean`` says, and only where a value is wanted.
        field.required = False
        self.fields[value_field(setting.key)] = field
        self.initial[value_field(setting.key)] = value
        self.fields[tick_field(setting.key)] = forms.BooleanField(
            label=self.tick_label, required=False, widget=UnfoldBooleanWidget
        )
        self.initial[tick_field(setting.key)] = has_value

    def _wants_value(self, key: str) -> bool:
        """Ticked; or, without the script that ticks for them, written where nothing was."""
        if self.cleaned_data.get(tick_field(key)):
            return True
        return value_field(key) in self.changed_data and not self.initial[tick_field(key)]

    def _drop_error(self, key: str) -> None:
        """Of a value that nobody wants."""
        self.errors.pop(value_field(key), None)

    def _try(self, check: Any, *args: Any) -> Any:
        try:
            return check(*args)
        except BadSetting as error:
            field = value_field(error.key)
            self.add_error(field if field in self.fields else None, str(error.sentence))
        except DomainError as error:
            self.add_error(None, str(error.message))
        return None


class TemplateForm(GovernedForm):
    tick_label = gettext_lazy("Offer a suggestion")

    class Meta:
        model = ProvinceTemplate
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for setting in self.group.settings:
            self._add_rule(setting, self.instance.settings.get(setting.key, {}))

    def _add_rule(self, setting: Setting, rule: dict[str, Any]) -> None:
        self.fields[lock_field(setting.key)] = forms.ChoiceField(
            label=_("Lock of “%(label)s”") % {"label": setting.label},
            choices=Lock.choices,
            widget=UnfoldAdminSelectWidget(attrs={"data-lock": ""}),
        )
        self.initial[lock_field(setting.key)] = rule.get("lock", Lock.FREE)
        self._add_value(setting, rule.get("value", setting.builtin), "value" in rule)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.rules = {each.key: self._rule(each) for each in self.group.settings}
        if not self.errors:
            self._try(contents.clean_template, self.group, self.rules)
        return cleaned

    def _rule(self, setting: Setting) -> dict[str, Any]:
        lock = self.cleaned_data.get(lock_field(setting.key), Lock.FREE)
        if lock not in contents.NEEDS_VALUE and not self._wants_value(setting.key):
            self._drop_error(setting.key)
            return {"lock": lock}
        if value_field(setting.key) in self.errors:
            return {"lock": lock}
        rule = {"lock": lock, "value": self.cleaned_data.get(value_field(setting.key))}
        self._try(contents.clean_rule, setting, rule)
        return rule


class SettingsForm(GovernedForm):
    tick_label = gettext_lazy("Use our own value")

    class Meta:
        model = BankSettings
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        template = reading.published_template(self.group.name)
        self.template = template.payload if template else None
        province = locks.effective(
            self.group, self.template, {"values": {}, "accepted": self.instance.accepted}
        )
        for setting in self._open():
            has_own = setting.key in self.instance.values
            value = self.instance.values[setting.key] if has_own else province[setting.key]
            self._add_value(setting, value, has_own)

    def _open(self) -> Iterable[Setting]:
        locked = Lock.LOCKED
        return [
            each for each in self.group.settings if locks.lock_of(self.template, each.key) != locked
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._refuse_locked()
        self.values: dict[str, Any] = {}
        for setting in self._open():
            self._take(setting)
        if not self.errors:
            self._try(
                contents.clean_values,
                self.group,
                self.values,
                self.template,
                self.instance.accepted,
            )
        return cleaned

    def _take(self, setting: Setting) -> None:
        if not self._wants_value(setting.key):
            self._drop_error(setting.key)
        elif value_field(setting.key) not in self.errors:
            raw = self.cleaned_data.get(value_field(setting.key))
            self.values[setting.key] = self._try(contents.clean_value, setting, raw)

    def _refuse_locked(self) -> None:
        """Locked since the page was opened, or sent by hand."""
        for setting in self.group.settings:
            if value_field(setting.key) in self.fields:
                continue
            if tick_field(setting.key) in self.data or value_field(setting.key) in self.data:
                self.add_error(
                    None,
                    _(
                        "The province has locked “%(label)s” meanwhile; its value holds in every "
                        "bank. Please check this page and save again."
                    )
                    % {"label": setting.label},
                )
