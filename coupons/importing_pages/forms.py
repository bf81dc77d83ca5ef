from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from coupons.importing_pages.reading import Header
from coupons.models import CouponTemplate
from coupons.stock.coupon_files import COLUMNS
from coupons.stock.generating import DEFAULT_LENGTH, LONGEST, MOST_COUPONS
from intake.columns import OWN
from intake.import_pages import file_field

NAME_LENGTH = 100
_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_NUMBER = {**_PLAIN, "inputmode": "numeric"}
_DECIMAL = {**_PLAIN, "inputmode": "decimal"}
GOOD_ROWS, ALL_OR_NOTHING = "good_rows", "all_or_nothing"
SKIP = ""
REQUIRED = [column.name for column in COLUMNS if column.required]


class TemplateField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.code})"


def published_templates() -> Any:
    return CouponTemplate.objects.filter(account__live_version__isnull=False).order_by("code")


class ChoicesForm(forms.Form):
    """What an import is to be; goes along in the address from page to page."""

    template = TemplateField(
        label=gettext_lazy("Coupon template"),
        queryset=CouponTemplate.objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Only published templates can be stocked."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the batch"),
        max_length=NAME_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Left empty, the name of the file."),
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("When some rows are bad"),
        initial=GOOD_ROWS,
        widget=UnfoldAdminRadioSelectWidget,
        choices=[
            (GOOD_ROWS, gettext_lazy("The good rows land, the bad ones come back in a file")),
            (ALL_OR_NOTHING, gettext_lazy("Nothing lands unless every row is good")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.queryset = published_templates()


class GenerateForm(forms.Form):
    template = TemplateField(
        label=gettext_lazy("Coupon template"), queryset=CouponTemplate.objects.none(),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Only published templates can be stocked."),
    )  # fmt: skip
    count = forms.IntegerField(
        label=gettext_lazy("Number of coupons"), min_value=1, max_value=MOST_COUPONS,
        widget=UnfoldAdminTextInputWidget(attrs=_NUMBER),
    )  # fmt: skip
    face = forms.DecimalField(
        label=gettext_lazy("Face value (yuan)"), required=False, max_digits=12, decimal_places=2,
        min_value=Decimal("0.01"), widget=UnfoldAdminTextInputWidget(attrs=_DECIMAL),
        help_text=gettext_lazy("Needed only when the template allows more than one."),
    )  # fmt: skip
    code_prefix = forms.CharField(
        label=gettext_lazy("Beginning of every code"), required=False, max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs=_PLAIN),
    )  # fmt: skip
    length = forms.IntegerField(
        label=gettext_lazy("Characters of a code"), min_value=4, max_value=LONGEST,
        initial=DEFAULT_LENGTH, widget=UnfoldAdminTextInputWidget(attrs=_NUMBER),
        help_text=gettext_lazy("With the beginning; long enough that nobody can guess one."),
    )  # fmt: skip
    digits_only = forms.BooleanField(
        label=gettext_lazy("Digits only"), required=False, widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("Without 0 and 1, which people confuse with letters."),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("Name of the batch"), max_length=NAME_LENGTH, required=False,
        widget=UnfoldAdminTextInputWidget(attrs=_PLAIN),
        help_text=gettext_lazy("Left empty, the template's code and the time."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.queryset = published_templates()

    @property
    def asked(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        face, prefix = given.pop("face"), given.pop("code_prefix")
        cents = None if face is None else int(face * 100)
        return {**given, "prefix": prefix, "face_cents": cents}


class UploadForm(ChoicesForm):
    file = file_field(
        gettext_lazy(
            ".csv (UTF-8, GB18030, UTF-16) or .xlsx, with headers in the first row. The codes are "
            "stored encrypted; the file itself is removed once it is loaded."
        )
    )
    field_order = ("file", "template", "name", "policy")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(too_large(file.size))
        return file


def too_large(size: int | None) -> str:
    """``size`` None = the page does not know it yet."""
    most = filesizeformat(settings.UPLOAD_MAX_BYTES)
    if size is None:
        return _(
            "The file is too large: at most %(most)s are accepted. Split it and import the parts "
            "one by one."
        ) % {"most": most}
    return _(
        "The file is too large: %(size)s, at most %(most)s are accepted. Split it and import the "
        "parts one by one."
    ) % {"size": filesizeformat(size), "most": most}


class MappingForm(forms.Form):
    """One choice for each header: which column it is, or that it is skipped."""

    agreed = forms.BooleanField(
        label=gettext_lazy("Skip these columns"), required=False, widget=forms.CheckboxInput
    )

    def __init__(self, *args: Any, headers: Sequence[Header], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An error file's own columns are passed over, as everywhere.
        self._headers = [each for each in headers if each.text and each.text not in OWN]
        for header in self._headers:
            self.fields[field_name(header)] = forms.ChoiceField(
                label=header.text, required=False, initial=header.guess,
                choices=column_choices(), widget=UnfoldAdminSelectWidget,
            )  # fmt: skip

    def of_header(self, header: Header) -> forms.BoundField | None:
        return self[field_name(header)] if header in self._headers else None

    def clean(self) -> dict[str, Any]:
        given = self.mapping
        names = [name for name in given.values() if name]
        labels = dict(column_choices())
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                two = "、".join(text for text, chosen in given.items() if chosen == name)
                self.add_error(
                    None,
                    _("%(headers)s cannot all be “%(column)s”. Choose one of them.")
                    % {"headers": two, "column": labels[name]},
                )
        for name in REQUIRED:
            if name not in names:
                self.add_error(
                    None, _("Say which column is “%(column)s”.") % {"column": labels[name]}
                )
        skipped = [text for text, name in given.items() if not name]
        if skipped and not self.cleaned_data.get("agreed"):
            self.add_error(
                "agreed",
                _("Tick that these columns are skipped: %(columns)s.")
                % {"columns": "、".join(skipped)},
            )
        return self.cleaned_data

    @property
    def mapping(self) -> dict[str, str]:
        """{header as typed: name of the column, or "" = skipped}"""
        return {
            header.text: self.cleaned_data.get(field_name(header), SKIP) for header in self._headers
        }


def field_name(header: Header) -> str:
    return f"column_{header.place}"


def column_choices() -> list[tuple[str, str]]:
    """In the words of the files themselves, which are Chinese in every language."""
    return [(SKIP, _("— skip —")), *((each.name, each.label) for each in COLUMNS)]
