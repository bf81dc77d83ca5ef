"""The forms around signing in. What they refuse, a service refuses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from audit.errors import DomainError
from operators.sign_in.attempts import attempt_sign_in

# Longer ones only cost time to hash.
PASSWORD_LENGTH = 128


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            try:
                self.user_cache: Any = attempt_sign_in(username=username, password=password)
            except DomainError as refusal:
                raise ValidationError(str(refusal), code=refusal.code_text) from refusal
            self.user_cache.backend = "operators.backends.OperatorBackend"
        return self.cleaned_data


def _password_rules() -> SafeString:
    rules = format_html_join("", "<li>{}</li>", ((rule,) for rule in _rule_sentences()))
    return format_html("<ul>{}</ul>", rules)


def _rule_sentences() -> list[str]:
    return [sentence for sentence in password_validators_help_texts() if sentence]


def _password_field(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=PASSWORD_LENGTH,
        help_text=help_text,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": autocomplete}),
    )


class NewPasswordForm(forms.Form):
    password = _password_field(
        _("New password"), "new-password", lazy(_password_rules, SafeString)()
    )
    again = _password_field(_("New password again"), "new-password")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "password" in given and "again" in given and given["password"] != given["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return given


class ChangePasswordForm(NewPasswordForm):
    present = _password_field(_("Present password"), "current-password")
    field_order = ["present", "password", "again"]


class PresentPasswordForm(forms.Form):
    present = _password_field(_("Present password"), "current-password")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Verification code"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )
