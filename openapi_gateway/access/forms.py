from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from openapi_gateway.access.choices import ContactRole
from openapi_gateway.access.content import Content, content_of
from openapi_gateway.access.errors import BadApplication
from openapi_gateway.access.models import Application
from openapi_gateway.access.widgets import ContactsField, LinesField, ServicesField
from openapi_gateway.choices import DataLevel, Environment

BY_ENVIRONMENT = ("addresses", "callback_urls")
_DAY = {"type": "date", "class": "fx-input fx-day"}


def lines(label: Any, help_text: Any, *, rows: int = 3, code: bool = True) -> LinesField:
    style: dict[str, Any] = {"rows": rows, "spellcheck": "false"}
    if code:
        style["class"] = "fx-lines-input"
    return LinesField(
        label=label, help_text=help_text, required=False, max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs=style),
    )  # fmt: skip


class ApplicationForm(forms.ModelForm):
    # The version on the screen; the service refuses to overwrite a newer one.
    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    scenes = lines(
        _("scenes"), _("One in a line: where in the product the services are used."), code=False
    )
    services = ServicesField(
        label=_("services and scopes"), required=False,
        help_text=_("Only what is really needed: reviewers ask about every scope."),
    )  # fmt: skip
    data_levels = forms.MultipleChoiceField(
        label=_("data levels"), choices=DataLevel.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of all data that the product processes with these services."),
    )  # fmt: skip
    production = forms.BooleanField(
        label=_("production, too"), required=False, initial=True, widget=UnfoldBooleanSwitchWidget,
        help_text=_("The sandbox opens first. Production follows the conformance suite."),
    )  # fmt: skip
    addresses_production = lines(
        _("production calls come from"),
        _("Address ranges of the calling servers, one in a line: 203.0.113.0/24"),
    )
    addresses_sandbox = lines(
        _("sandbox calls come from"), _("The same for the sandbox; empty = from anywhere.")
    )
    callback_urls_production = lines(
        _("callbacks of production"),
        _("https addresses of public hosts, one in a line. Empty = no callbacks."), rows=2,
    )  # fmt: skip
    callback_urls_sandbox = lines(
        _("callbacks of the sandbox"), _("The same for the sandbox."), rows=2
    )
    contacts = ContactsField(
        label=_("contacts"), required=False,
        help_text=_("Who is called when something is unclear, and who at night when it burns."),
    )  # fmt: skip

    class Meta:
        model = Application
        fields = ("client", "purpose", "starts_on", "ends_on")
        widgets = {
            "purpose": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "starts_on": forms.DateInput(format="%Y-%m-%d", attrs=_DAY),
            "ends_on": forms.DateInput(format="%Y-%m-%d", attrs=_DAY),
        }
        help_texts = {
            "client": _("The product that will call. Register it under “Clients” first."),
            "purpose": _("What customers can do with it, and why it needs these services."),
            "ends_on": _("At most three years; the last day counts."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "purpose" not in self.fields:  # for those who may only look
            return
        self.fields["purpose"].required = False
        for flag in ("can_add_related", "can_change_related", "can_view_related"):
            setattr(self.fields["client"].widget, flag, False)
        if self.instance.pk is None:
            today = timezone.localdate()
            self.initial.setdefault("starts_on", today)
            self.initial.setdefault("ends_on", today + timedelta(days=365))
            return
        self._show(content_of(self.instance))

    def _show(self, content: Content) -> None:
        self.initial.update({
            "opened_version": self.instance.version,
            "scenes": list(content.scenes),
            "services": list(content.services),
            "data_levels": list(content.data_levels),
            "production": Environment.PRODUCTION in content.environments,
            "contacts": [dict(each) for each in content.contacts],
        })  # fmt: skip
        for name in BY_ENVIRONMENT:
            for environment in Environment.values:
                found = getattr(content, name).get(environment, [])
                self.initial[f"{name}_{environment}"] = list(found)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        # Days and services that could not even be read have their sentences already.
        if cleaned.get("starts_on") and cleaned.get("ends_on") and "services" not in self.errors:
            try:
                self.content = Content(**self.given).cleaned(at=timezone.now())
            except BadApplication as error:
                for field, sentence in error.problems:
                    self._say(field, str(sentence))
        return cleaned

    @property
    def given(self) -> dict[str, Any]:
        """The fields of ``Content``, and nothing else that may have been sent along."""
        cleaned = self.cleaned_data
        environments = [Environment.SANDBOX.value]
        if cleaned.get("production"):
            environments.append(Environment.PRODUCTION.value)
        plain = ("starts_on", "ends_on", "purpose", "scenes", "services", "data_levels", "contacts")
        return {
            **{name: cleaned.get(name) or [] for name in plain},
            "purpose": cleaned.get("purpose") or "",
            "environments": environments,
            **{name: self._by_environment(name) for name in BY_ENVIRONMENT},
        }

    def _by_environment(self, name: str) -> dict[str, list[str]]:
        found = {each: self.cleaned_data.get(f"{name}_{each}") for each in Environment.values}
        return {environment: texts for environment, texts in found.items() if texts}

    def _say(self, field: str, sentence: str) -> None:
        """At the control that it is about."""
        head, _dot, rest = field.partition(".")
        if head == "contacts" and rest:
            sentence = f"{ContactRole(rest).label}：{sentence}"
        shown = f"{head}_{rest}" if head in BY_ENVIRONMENT and rest else head
        known = {"environments": "production"}.get(shown, shown)
        self.add_error(known if known in self.fields else None, sentence)
