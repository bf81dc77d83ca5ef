from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from coupons.counter.choices import Business
from coupons.counter.rules import businesses
from operators.models import Operator

if TYPE_CHECKING:
    from coupons.counter.showing import ShownCoupon
    from operators.models import Branch

MANAGERS = "counter-managers"
_PLAIN = {"autocomplete": "off"}
_LARGEST = Decimal("1000000000")


def new_key() -> str:
    """Of one form as it was rendered: sent twice, it redeems once."""
    return f"counter-{uuid4().hex}"


class KeyedForm(forms.Form):
    key = forms.RegexField(r"\Acounter-[0-9a-f]{32}\Z", widget=forms.HiddenInput)


class RedeemForm(KeyedForm):
    business = forms.ChoiceField(
        label=_("What the customer did here"), widget=UnfoldAdminSelectWidget
    )
    reference = forms.CharField(
        label=_("Business reference"),
        max_length=64,
        help_text=_("Serial number of the transaction, contract or application."),
        widget=UnfoldAdminTextInputWidget(attrs=_PLAIN),
    )
    amount = forms.DecimalField(
        label=_("Amount of the business (yuan)"),
        min_value=Decimal("0.01"),
        max_value=_LARGEST,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={**_PLAIN, "inputmode": "decimal"}),
    )
    manager = forms.CharField(
        label=_("Customer manager"),
        max_length=60,
        help_text=_("Choose from the list, or type a name or a staff number."),
        widget=UnfoldAdminTextInputWidget(attrs={**_PLAIN, "list": MANAGERS}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, branch: Branch, found: ShownCoupon, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = businesses(found.terms) if found.terms is not None else []
        business: Any = self.fields["business"]
        business.choices = [("", _("Choose…")), *((each, Business(each).label) for each in allowed)]
        self.managers = managers_of(branch)
        if not found.asks_amount:
            del self.fields["amount"]

    def clean_manager(self) -> str:
        """A staff number or a name that fits one person is written out."""
        given = self.cleaned_data["manager"].strip()
        fitting = [label for names, label in self.managers if given in names]
        return fitting[0] if len(fitting) == 1 else given

    @property
    def manager_labels(self) -> list[str]:
        return [label for _names, label in self.managers]

    @property
    def order_cents(self) -> int | None:
        amount = self.cleaned_data.get("amount")
        return int(amount * 100) if amount is not None else None


class ReverseForm(KeyedForm):
    reason = forms.CharField(max_length=500)


def managers_of(branch: Branch) -> list[tuple[set[str], str]]:
    """Everybody who works at the branch: how they may be typed, and how they are written."""
    people = Operator.objects.enabled().filter(branch=branch).order_by("name_key", "username")
    return [
        ({label, person.name, person.username, person.staff_number} - {""}, label)
        for person, label in ((person, manager_label(person)) for person in people)
    ]


def manager_label(person: Operator) -> str:
    return f"{person.name} {person.staff_number}".strip()[:60] or person.username
