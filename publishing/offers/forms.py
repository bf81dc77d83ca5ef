"""The dialog in which the platform chooses the banks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from operators.admin_base import DialogForm
from tenants.choices import BankStatus
from tenants.models import Bank


class BanksWidget(forms.SelectMultiple):
    """Banks by prefecture, with a search and a box for each prefecture."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        context = {
            "name": name,
            "id": (attrs or {}).get("id", name),
            "groups": self.choices,
            "chosen": value or [],
        }
        # A form renderer does not look into the project's own templates.
        rendered = render_to_string("publishing/offers/banks.html", context)
        return mark_safe(rendered)  # noqa: S308 - a template

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}-search"


class OfferForm(DialogForm):
    banks = forms.MultipleChoiceField(
        label=gettext_lazy("Banks"),
        widget=BanksWidget,
        error_messages={"required": gettext_lazy("Choose at least one bank.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note to the banks"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["banks"].choices = bank_choices()  # type: ignore[attr-defined]


def bank_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """(prefecture, banks) in the order of their names' pinyin."""
    groups: dict[str, list[tuple[str, str]]] = {}
    banks = Bank.objects.ready().exclude(status=BankStatus.CLOSED)
    for bank in banks.order_by("prefecture", "name_key"):
        groups.setdefault(bank.prefecture or _("other"), []).append((bank.slug, bank.name))
    return list(groups.items())
