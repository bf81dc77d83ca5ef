"""Forms of the campus pages: amounts as bankers type them, files, people."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
)

from fuxiang_zone.campus.models import FeeItem, School
from fuxiang_zone.campus.wording import yuan
from intake.import_pages import dry_run_field, file_field
from operators.admin_base import DialogForm
from operators.models import Operator

_AMOUNT = re.compile(r"[¥￥]?(\d{1,3}(?:,\d{3})+|\d{1,9})(\.\d{1,2})?元?")
_BETWEEN = re.compile(r"[;；、\s]+")
WRONG = _("Enter an amount in yuan with at most two decimals, like 1,234.50.")


def _cents(text: str) -> int:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise forms.ValidationError(WRONG)
    return int(Decimal(found[1].replace(",", "") + (found[2] or "")) * 100)


class _Typed(forms.CharField):
    def __init__(self, **options: Any) -> None:
        attrs = {"class": " ".join(INPUT_CLASSES), "inputmode": "decimal", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)


class AmountField(_Typed):
    """Cents; empty is ``None``."""

    def prepare_value(self, value: Any) -> Any:
        return yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return _cents(str(text)) if text else None


class AmountsField(_Typed):
    """Several, with “;” between."""

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(map(yuan, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return [_cents(part) for part in _BETWEEN.split(str(text)) if part]


class SchoolForm(forms.ModelForm):
    top_up_cents = AmountsField(
        label=_("Amounts of a top-up"), required=False,
        help_text=_(
            "Of the campus card, in yuan, with “;” between: 50; 100; 200. Empty: no top-up."
        ),
    )  # fmt: skip

    class Meta:
        model = School
        fields = ("code", "name", "kind", "branch", "contact", "contact_phone", "top_up_cents")


class FeeForm(forms.ModelForm):
    amount_cents = AmountField(
        label=_("Amount (yuan)"), required=False,
        help_text=_("The same for everybody. Empty: each student's amount comes by file."),
        # The model's would speak of 1, and mean a cent.
        error_messages={"min_value": _("A fee of nothing is none.")},
    )  # fmt: skip

    class Meta:
        model = FeeItem
        fields = (
            "school", "name", "period", "grade", "class_name", "amount_cents", "due_on",
            "takes_late", "note",
        )  # fmt: skip
        help_texts = {
            "grade": _("As in the student list; empty: the whole school."),
            "class_name": _("As in the student list; empty: the whole grade."),
            "note": _("Parents read it beside the bill."),
        }


class UploadForm(forms.Form):
    file = file_field(
        _(
            ".csv (UTF-8, GB18030, UTF-16) or .xlsx, with headers in the first row. Good rows land "
            "together, bad ones come back in a file."
        )
    )
    dry_run = dry_run_field(_("You see what would happen; nothing is changed."))


class PeopleForm(DialogForm):
    operators = forms.ModelMultipleChoiceField(
        label=_("Operators"), queryset=Operator.objects.none(), required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text=_("Beside them, everybody who sees every school. Hold Ctrl to choose several."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["operators"]
        field.queryset = Operator.objects.enabled().order_by("username")


class ExportForm(DialogForm):
    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text file (.csv)"))],
        widget=UnfoldAdminSelectWidget,
    )
