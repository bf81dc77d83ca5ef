from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from openapi_gateway.credentials import rules
from openapi_gateway.credentials.errors import BadKey, NotProven, PrivateKeyUploaded
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.models.keys import MAX_DAYS
from openapi_gateway.credentials.possession import read_signature
from openapi_gateway.credentials.public_keys import MOST_CHARACTERS, PublicKey, read_upload
from operators.admin_base import DialogForm

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_NUMBER = {**_PLAIN, "inputmode": "numeric"}


class LinesField(forms.CharField):
    """A list of texts, one in a line."""

    def __init__(self, rows: int = 3, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault(
            "widget", UnfoldAdminTextareaWidget(attrs={**_PLAIN, "rows": rows, "class": "fx-code"})
        )
        super().__init__(max_length=4_000, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, list | tuple):
            return list(value)
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class ClientForm(forms.ModelForm):
    origins = LinesField(
        label=gettext_lazy("web origins"),
        help_text=gettext_lazy(
            "Of pages that embed the password keyboard, one in a line: https://m.example.com"
        ),
    )

    class Meta:
        model = Client
        fields = ("name", "summary", "origins")

    def clean_origins(self) -> list[str]:
        return _cleaned(rules.clean_origins, self.cleaned_data["origins"])


class AddressesForm(DialogForm):
    addresses = LinesField(
        label=gettext_lazy("Addresses"), rows=5,
        help_text=gettext_lazy(
            "One in a line, as 203.0.113.7 or 203.0.113.0/28. Empty: as the grants allow."
        ),
    )  # fmt: skip


class KeyTermsForm(forms.Form):
    """What every new key has. With an active key in its place, the form replaces that one."""

    days = forms.IntegerField(
        label=gettext_lazy("Valid for (days)"), min_value=1, max_value=MAX_DAYS, initial=MAX_DAYS,
        widget=UnfoldAdminTextInputWidget(attrs=_NUMBER),
        help_text=gettext_lazy("365 at most. Partners are reminded 30, 14, 7 and 1 days before."),
    )  # fmt: skip
    addresses = LinesField(
        label=gettext_lazy("Calls come from"),
        help_text=gettext_lazy(
            "One address or range in a line, as 203.0.113.7 or 203.0.113.0/28, within those of the "
            "grants. Empty: as the grants allow."
        ),
    )
    overlap_days = forms.IntegerField(
        label=gettext_lazy("The present key stays valid for (days)"), required=False, min_value=0,
        max_value=rules.MOST_OVERLAP_DAYS, initial=rules.OVERLAP_DAYS,
        widget=UnfoldAdminTextInputWidget(attrs=_NUMBER),
        help_text=gettext_lazy("30 at most; 0 ends it at once."),
    )  # fmt: skip
    # What the operator saw: another key in its place meanwhile is not replaced unseen.
    replaces = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, active: Key | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].initial = active.key_id if active else ""
        if active is None:
            del self.fields["overlap_days"]
        elif not self.is_bound:
            self.fields["addresses"].initial = active.addresses

    @property
    def terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("days", "addresses")}

    @property
    def overlap(self) -> int:
        return _overlap(self.cleaned_data)


class UploadForm(KeyTermsForm):
    pem = forms.CharField(
        label=gettext_lazy("Public key"), required=False, strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={**_PLAIN, "rows": 8, "class": "fx-code"}),
        help_text=gettext_lazy("PEM of the public key, or a certificate request."),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("or as a file"), required=False,
        widget=forms.FileInput(attrs={"accept": ".pem,.pub,.csr,.req,.txt", "class": "fx-file"}),
    )  # fmt: skip
    field_order = ("pem", "file", "days", "addresses")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # When the old key retires is said with the proof.
        self.fields.pop("overlap_days", None)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        try:
            self.public_key: PublicKey = read_upload(self._text(given))
        except PrivateKeyUploaded as error:
            self._forget_what_was_typed()
            self.add_error(None, str(error.message))
        except BadKey as error:
            self.add_error("pem", str(error.message))
        return given

    @staticmethod
    def _text(given: dict[str, Any]) -> str:
        file, text = given.get("file"), given.get("pem") or ""
        if file and text.strip():
            raise BadKey(_("Paste the key or choose a file, not both."))
        if not file:
            return text
        try:
            found: bytes = file.read(MOST_CHARACTERS + 1)
            return found.decode("ascii")
        except UnicodeDecodeError:
            raise BadKey(_("The file is not text. Convert it to PEM first.")) from None

    def _forget_what_was_typed(self) -> None:
        """The page that answers must not carry a private key back."""
        given: Any = self.data.copy()
        given["pem"] = ""
        self.data = given


class ProofForm(forms.Form):
    signature = forms.CharField(
        label=gettext_lazy("Signature in base64"), max_length=800,
        widget=UnfoldAdminTextareaWidget(attrs={**_PLAIN, "rows": 3, "class": "fx-code"}),
    )  # fmt: skip
    overlap_days = forms.IntegerField(
        label=gettext_lazy("The present key stays valid for (days)"), required=False, min_value=0,
        max_value=rules.MOST_OVERLAP_DAYS, initial=rules.OVERLAP_DAYS,
        widget=UnfoldAdminTextInputWidget(attrs=_NUMBER),
        help_text=gettext_lazy("30 at most; 0 ends it at once."),
    )  # fmt: skip

    def __init__(self, *args: Any, active: Key | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if active is None:
            del self.fields["overlap_days"]

    def clean_signature(self) -> bytes:
        try:
            return read_signature(self.cleaned_data["signature"])
        except NotProven as error:
            raise forms.ValidationError(str(error.message)) from error

    @property
    def overlap(self) -> int:
        return _overlap(self.cleaned_data)


def _cleaned(clean: Any, lines: Iterable[str]) -> list[str]:
    try:
        found: list[str] = clean(lines)
    except rules.CredentialRefused as error:
        raise forms.ValidationError(str(error.message), code="refused") from error
    return found


def _overlap(given: dict[str, Any]) -> int:
    days = given.get("overlap_days")
    return rules.OVERLAP_DAYS if days is None else int(days)
