"""The form of a product: the parts that all types share, and what its type's schema asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from customers.audience_forms import AudienceField
from fuxiang_zone.catalogue.choices import Feature, FieldType
from fuxiang_zone.catalogue.fields import Field
from fuxiang_zone.catalogue.schema import form_field
from fuxiang_zone.choices import ProductRisk
from fuxiang_zone.errors import BadProduct
from fuxiang_zone.forms.rows import LinksField, RatesField
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products.checking import refuse_past
from fuxiang_zone.products.content import (
    DISCLOSURE,
    MOMENTS,
    MOST_DISCLOSURE,
    MOST_MINUTES,
    VALUE,
    ProductContent,
)
from fuxiang_zone.products.rates import term_words
from fuxiang_zone.products.wording import percent
from operators.admin_base import MomentWidget
from operators.querysets import branch_scope
from publishing.draft_forms import DraftForm, next_hour

if TYPE_CHECKING:
    from fuxiang_zone.catalogue.directory import TypeInfo
    from operators.models import Operator

PLAIN = ("title", "summary", "starts_at", "ends_at", "rules", "priority")
SALE = (
    "sale_starts_at", "sale_ends_at", "quota", "unit_cents", "most_per_customer", "hold_minutes",
)  # fmt: skip


class ProductForm(DraftForm):
    """``form_class`` makes the one of a type."""

    audience = AudienceField()
    # Set on the class that is made for one request.
    info: TypeInfo

    class Meta:
        model = ZoneProduct
        fields = (*PLAIN, "sale_starts_at", "sale_ends_at", "branch")
        widgets = dict.fromkeys(MOMENTS, MomentWidget)
        field_classes = dict.fromkeys(MOMENTS, forms.DateTimeField)
        help_texts = {
            "title": gettext_lazy("At most 80 characters; customers read it on the product page."),
            "summary": gettext_lazy("Customers read it in the list, below the name."),
            "starts_at": gettext_lazy("Customers see it from then on, once it has been approved."),
            "ends_at": gettext_lazy("Empty = until it is taken down."),
            "sale_starts_at": gettext_lazy(
                "Until then customers see it with a countdown. Empty = as soon as they see it."
            ),
            "sale_ends_at": gettext_lazy("Empty = as long as they see it."),
            "branch": gettext_lazy("Empty = customers of the whole bank."),
            "rules": gettext_lazy("Customers read it on the product page; one rule per line."),
            "priority": gettext_lazy("Higher stands further up in the list."),
        }

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["audience"] = AudienceField(operator=self.operator)
        draft = self.instance
        if draft.pk is None:
            self.initial.setdefault("starts_at", next_hour())
        for key, value in draft.values.items():
            self.initial[f"{VALUE}{key}"] = value
        for code, words in draft.disclosures.items():
            self.initial[f"{DISCLOSURE}{code}"] = words
        self.initial["unit_cents"] = draft.unit_cents or None
        for name in ("quota", "most_per_customer", "hold_minutes", "rates", "links", "risk_level"):
            self.initial[name] = getattr(draft, name)
        if "links" in self.fields:
            widget: Any = self.fields["links"].widget
            widget.own_uid = str(draft.uid)
            widget.branch_path = branch_scope(self.operator) if self.operator else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.content = content_from(self.info, cleaned).cleaned(self.info)
                refuse_past(self.content, timezone.now())
            except BadProduct as error:
                shown = error.field if error.field in self.fields else None
                self.add_error(shown, str(error.message))
        return cleaned


def content_from(info: TypeInfo, cleaned: Mapping[str, Any]) -> ProductContent:
    """``cleaned`` has only what the form of the type asks."""
    values = {each.key: cleaned.get(f"{VALUE}{each.key}") for each in info.fields}
    return ProductContent(
        type_code=info.code,
        **{name: cleaned[name] for name in PLAIN},
        values={key: value for key, value in values.items() if value is not None},
        disclosures={
            each.code: cleaned.get(f"{DISCLOSURE}{each.code}") or "" for each in info.disclosures
        },
        rates=cleaned.get("rates") or [],
        links=cleaned.get("links") or [],
        risk_level=cleaned.get("risk_level"),
        sale_starts_at=cleaned.get("sale_starts_at"),
        sale_ends_at=cleaned.get("sale_ends_at"),
        quota=cleaned.get("quota"),
        unit_cents=cleaned.get("unit_cents") or 0,
        most_per_customer=cleaned.get("most_per_customer"),
        hold_minutes=cleaned.get("hold_minutes") or 15,
        audience=cleaned["audience"],
        branch=cleaned.get("branch"),
    )


# --- what a type asks for ------------------------------------------------------------------------
def form_class(info: TypeInfo, operator: Operator | None) -> type[ProductForm]:
    """Labels and help are of the active language: a class lasts for one request."""
    asked: dict[str, Any] = {f"{VALUE}{each.key}": form_field(each) for each in info.fields}
    asked |= {
        f"{DISCLOSURE}{each.code}": _disclosure(each.label, each.help, each.required)
        for each in info.disclosures
    }
    if info.has(Feature.RATES):
        asked["rates"] = _rates(info)
    if info.has(Feature.SUITABILITY):
        asked["risk_level"] = _risk()
    if info.has(Feature.QUOTA):
        asked |= _sale()
    if info.has(Feature.LINKS):
        asked["links"] = LinksField(
            label=_("links"),
            help_text=_("Buttons below the product: to functions, coupons, campaigns."),
        )
    return type("ProductFormOfType", (ProductForm,), {**asked, "info": info, "operator": operator})


def _disclosure(label: str, help_text: str, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=required, max_length=MOST_DISCLOSURE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )  # fmt: skip


def _rates(info: TypeInfo) -> RatesField:
    today = timezone.localdate()

    def cap_for(term: int, unit: str) -> Any:
        cap = info.cap_for(term, unit, today)
        return cap.rate if cap is not None else None

    field = RatesField(
        label=_("rate table"), cap_for=cap_for,
        help_text=_(
            "Percent a year, at most four decimals. From is included, to is not; an empty to has no"
            " end. The rate of the tier holds for the whole amount."
        ),
    )  # fmt: skip
    widget: Any = field.widget
    capped = {(cap.term, cap.unit) for cap in info.caps if cap.from_date <= today}
    widget.caps = [
        f"{term_words(term, unit)} {percent(cap_for(term, unit))}"
        for term, unit in sorted(capped, key=lambda each: (each[1], each[0]))
    ]
    return field


def _risk() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("risk level"), coerce=int, empty_value=None,
        choices=[("", "—"), *ProductRisk.choices], widget=UnfoldAdminSelectWidget(),
        help_text=_(
            "The higher one of the issuer's rating and the bank's own. Customers may buy what is"
            " not above their own level: R3 needs C3 or more."
        ),
    )  # fmt: skip


def _sale() -> dict[str, forms.Field]:
    def count(
        key: str, label: str, help_text: str, unit: str, most: int | None = None
    ) -> forms.Field:
        return form_field(
            Field(key, label, FieldType.INTEGER, unit=unit, least=1, most=most, help=help_text)
        )

    units, minutes = _("units"), _("minutes")
    return {
        "quota": count("quota", _("quota"),
                       _("Empty = customers look at it, nothing is reserved in the app."),
                       units),
        "unit_cents": form_field(
            Field("unit_cents", _("amount of one unit"), FieldType.MONEY,
                  help=_("Empty = the units are not a matter of money."))
        ),
        "most_per_customer": count("most_per_customer", _("units per customer"),
                                   _("Empty = as many as there are."), units),
        "hold_minutes": count("hold_minutes", _("a reservation is held for"),
                              _("Then the units are free for others again."), minutes,
                              MOST_MINUTES),
    }  # fmt: skip
