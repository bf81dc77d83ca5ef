from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from openapi_gateway.upstream.choices import OurCode, VendorKind
from openapi_gateway.upstream.models import Vendor, VendorCode
from operators.admin_base import DialogForm


class VendorForm(forms.ModelForm):
    class Meta:
        model = Vendor
        fields = (
            "code", "name", "kind", "is_active", "deployment", "base_url", "connect_ms", "total_ms",
            "serves_sandbox", "serves_production", "priority", "weight", "price", "daily_cap",
        )  # fmt: skip
        help_texts = {
            "code": _("Lower-case letters, digits and hyphens. It cannot be changed later."),
            "base_url": _(
                "Begins with https://. Empty: the address that the installation's settings name."
            ),
            "deployment": _("A public cloud service can only serve the sandbox."),
        }

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).lower()


class VendorCodeForm(forms.ModelForm):
    class Meta:
        model = VendorCode
        fields = ("vendor", "vendor_code", "code", "is_retryable", "is_billable", "note")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if "code" in self.fields:
            kinds = [(kind.label, self._codes(kind)) for kind in VendorKind]
            self.fields["code"].choices = [("", "—"), *kinds]  # type: ignore[attr-defined]

    @staticmethod
    def _codes(kind: VendorKind) -> list[tuple[str, str]]:
        return [
            (each.value, f"{each.label} ({each.value})") for each in OurCode if each.kind is kind
        ]


class SecretForm(DialogForm):
    secret = forms.CharField(
        label=_("Shared secret"), min_length=32, max_length=200,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 32 random characters, the same as at the vendor."),
    )  # fmt: skip


def _codes(kind: VendorKind) -> list[tuple[str, str]]:
    codes = [each for each in OurCode if each.kind is kind]
    return [(each.value, f"{each.label} ({each.value})") for each in codes]
