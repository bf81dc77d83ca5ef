"""The draft of a grant: what, for whom, and what it takes as it is typed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from audit.errors import DomainError
from coupons.choices import GrantReason
from coupons.grants import lists
from coupons.grants.lists import Listed
from coupons.grants.services import MOST_PER_CUSTOMER, GrantContent
from coupons.importing_pages.forms import TemplateField, published_templates, too_large
from coupons.models import Grant, GrantRecipient
from customers.audience_forms import AudienceField
from operators.admin_base import TemplateWidget

if TYPE_CHECKING:
    from operators.models import Operator

BY_LIST, BY_RULE = "list", "rule"
# More than these are not put into the box again.
SHOWN_NUMBERS = 500


class PreviewWidget(TemplateWidget):
    """Says what the draft as it is typed takes; fetched anew when something changes."""

    address = ""
    grant_id: int | None = None

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {"address": self.address, "grant_id": self.grant_id}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return self._render(
            "coupons/grants/preview_field.html", self.get_context(name, value, attrs)
        )


class GrantForm(forms.ModelForm):
    # Set by the admin on the class that it makes for one request.
    operator: Operator | None = None
    preview_address = ""

    template = TemplateField(
        label=_("Coupon template"), queryset=None, widget=UnfoldAdminSelectWidget,
        help_text=_("Only published templates can be granted."),
    )  # fmt: skip
    per_customer = forms.IntegerField(
        label=_("Coupons per customer"), min_value=1, max_value=MOST_PER_CUSTOMER, initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Limits on claims do not apply to what the bank gives."),
    )  # fmt: skip
    to_whom = forms.ChoiceField(
        label=_("To whom"), initial=BY_LIST, widget=UnfoldAdminRadioSelectWidget,
        choices=[(BY_LIST, _("The customers of a list")), (BY_RULE, _("All whom a rule means"))],
    )  # fmt: skip
    numbers = forms.CharField(
        label=_("Customer numbers"), required=False, max_length=400_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("Between lines, blanks or commas."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Or a file"), required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx", "class": "fx-file"}),
        help_text=_(".csv or .xlsx with the header 客户号 in the first row."),
        error_messages={"empty": _("The file is empty. Choose another one.")},
    )  # fmt: skip
    audience = AudienceField()
    preview = forms.Field(label=_("What it takes"), required=False, widget=PreviewWidget())

    class Meta:
        model = Grant
        fields = ("template", "name", "reason", "explanation", "per_customer", "audience")
        widgets = {"explanation": UnfoldAdminTextareaWidget(attrs={"rows": 3})}
        help_texts = {
            "explanation": _("What happened to these customers; required for a compensation."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # For those who may only look the page shows words instead.
        if "template" in self.fields:
            self._prepare()

    def _prepare(self) -> None:
        fields: dict[str, Any] = self.fields
        fields["template"].queryset = published_templates()
        fields["audience"] = AudienceField(operator=self.operator)
        fields["audience"].help_text = _("Who is meant is decided when it is submitted.")
        fields["preview"].widget.address = self.preview_address
        fields["preview"].widget.grant_id = self.instance.pk
        if self.instance.pk is None:
            return
        self.initial["to_whom"] = BY_RULE if self.instance.audience else BY_LIST
        self.initial["numbers"] = self._kept_numbers()
        if self.instance.recipients > SHOWN_NUMBERS:
            fields["numbers"].help_text = _(
                "%(count)s customers are on the list. Left empty, it stays as it is."
            ) % {"count": f"{self.instance.recipients:,}"}

    def _kept_numbers(self) -> str:
        if self.instance.audience or self.instance.recipients > SHOWN_NUMBERS:
            return ""
        rows = GrantRecipient.objects.filter(grant=self.instance, place=1).order_by("pk")
        return "\n".join(rows.values_list("customer_number", flat=True))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large(file.size))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        by_rule = cleaned["to_whom"] == BY_RULE
        try:
            listed = None if by_rule else self._listed(cleaned)
        except DomainError as error:
            self.add_error("file" if cleaned["file"] else "numbers", str(error.message))
        else:
            self._refuse_unsaid(cleaned, by_rule, listed)
            if not self.errors:
                self.content = _content(cleaned, by_rule, listed)
        return cleaned

    def _refuse_unsaid(
        self, cleaned: dict[str, Any], by_rule: bool, listed: list[Listed] | None
    ) -> None:
        if cleaned["reason"] == GrantReason.COMPENSATION and not cleaned["explanation"].strip():
            self.add_error("explanation", _("Explain what happened to these customers."))
        if by_rule and not cleaned["audience"]:
            self.add_error("audience", _("Say who is meant: choose at least one condition."))
        if not by_rule and listed == []:
            self.add_error("numbers", _("Name the customers, or choose a file with them."))

    def _listed(self, cleaned: dict[str, Any]) -> list[Listed] | None:
        """The file's list when there is one, else what was typed; None = as it stands."""
        if cleaned["file"]:
            found = of_upload(cleaned["file"])
        elif cleaned["numbers"].strip():
            found = lists.typed(cleaned["numbers"])
        elif self.instance.pk and not self.instance.audience and self.instance.recipients:
            return None
        else:
            return []
        lists.checked(found)
        return found


def _content(cleaned: dict[str, Any], by_rule: bool, listed: list[Listed] | None) -> GrantContent:
    return GrantContent(
        template_id=cleaned["template"].pk,
        name=cleaned["name"],
        reason=cleaned["reason"],
        explanation=cleaned["explanation"],
        per_customer=cleaned["per_customer"],
        audience=cleaned["audience"] if by_rule else {},
        numbers=listed,
    )


def of_upload(file: Any) -> list[Listed]:
    with tempfile.TemporaryDirectory(prefix="fuxiang-list-") as folder:
        path = Path(folder) / "list"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        return lists.of_file(path)
