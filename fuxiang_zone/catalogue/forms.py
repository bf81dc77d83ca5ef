from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.models import ProductType
from fuxiang_zone.catalogue.schema_widgets import DisclosuresField, SchemaField


class ProductTypeForm(forms.ModelForm):
    features = forms.MultipleChoiceField(
        label=_("features"), choices=Feature.choices, required=False,
        widget=forms.CheckboxSelectMultiple({"class": "fx-choices"}),
        help_text=_("What products of the type carry beside the fields below."),
    )  # fmt: skip
    fields_of_type = SchemaField(
        label=_("fields"),
        help_text=_("What a bank fills in for a product, in the order of the form and the page."),
    )
    disclosures = DisclosuresField(
        label=_("disclosures"), help_text=_("What customers must be told before they decide.")
    )

    class Meta:
        model = ProductType
        fields = (
            "code", "name", "english_name", "category", "icon", "description", "note", "position",
            "features", "disclosures",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["fields_of_type"] = self.instance.fields

    def _post_clean(self) -> None:
        # A model form asks its instance for "fields" by that name; ours says them otherwise.
        super()._post_clean()  # type: ignore[misc]  # known to Django only
        if "fields_of_type" in self.cleaned_data:
            self.instance.fields = self.cleaned_data["fields_of_type"]


class ApplicationForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does your bank want it?"), max_length=500, required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("Which customers ask for it, and who will look after it."),
    )  # fmt: skip
    person_in_charge = forms.CharField(
        label=_("person in charge"), max_length=40, required=False,
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("telephone"), max_length=20, required=False, widget=UnfoldAdminTextInputWidget()
    )
    planned_on = forms.DateField(
        label=_("planned opening"), required=False,
        widget=forms.DateInput({"type": "date", "class": "fx-day"}, "%Y-%m-%d"),
    )  # fmt: skip
