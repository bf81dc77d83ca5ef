from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coupons.choices import CouponKind, Validity
from coupons.errors import BadTemplate
from coupons.forms.fields import (
    CountField,
    DiscountField,
    FirstDayField,
    LastDayField,
    PercentField,
    YuanField,
)
from coupons.forms.rows import LABELS, BearersField, LimitsField, ScenesField
from coupons.forms.trying import PatternTryWidget, sample_fits
from coupons.models import CouponTemplate
from coupons.terms import values
from coupons.terms.content import TemplateContent, tidy_code
from customers.audience_forms import AudienceField
from operators.admin_base import MomentWidget
from publishing.draft_forms import DraftForm, next_hour
from publishing.drafts import is_published

MOMENTS = ("starts_at", "ends_at")
PLAIN = (
    "title", "code", "kind", "starts_at", "ends_at", "face_min_cents", "threshold_cents", "scenes",
    "validity", "valid_from", "valid_until", "days_after_claim", "stock_limit", "budget_cents",
    "limits", "stacking_group", "bearers", "code_pattern", "redeemed_at", "is_claimable",
    "lock_minutes", "rules", "audience",
)  # fmt: skip
_PAID = [kind.value for kind in CouponKind if kind not in values.WITHOUT_PAYMENT]
_RANGED = [kind.value for kind in CouponKind if kind not in values.ONE_VALUE]
# Which lines of the form the script shows for which choice.
APPLIES = {
    "kind": {
        "face_max_cents": _RANGED,
        "discount": [CouponKind.DISCOUNT.value],
        "interest": [CouponKind.INTEREST.value],
        "threshold_cents": _PAID,
    },
    "validity": {
        "valid_from": [Validity.FIXED.value],
        "days_after_claim": [Validity.AFTER_CLAIM.value],
    },
}


class TemplateForm(DraftForm):
    # Where the script asks whether a sample fits the pattern.
    pattern_address = ""
    face_min_cents = YuanField(
        label=_("face value"),
        help_text=_(
            "In yuan. Spend and save: what is taken off. Discount: the most that is taken off."
            " Others: what one coupon costs its bearers; the budget counts it."
        ),
    )
    face_max_cents = YuanField(
        label=_("greatest face value"),
        required=False,
        help_text=_("When the rows of a file name values of their own; empty = all the same."),
    )
    discount = DiscountField(
        label=_("discount rate"),
        required=False,
        help_text=_("8.5 = customers pay 85%; or with a per cent sign what is off: 15%."),
    )
    interest = PercentField(
        label=_("rate of interest"), required=False, help_text=_("In per cent a year, like 0.25.")
    )
    threshold_cents = YuanField(
        label=_("Usable from"), required=False, help_text=_("Least payment in yuan; empty = any.")
    )
    scenes = ScenesField(
        label=LABELS["scenes"], help_text=_("What it can be used for; none ticked = everything.")
    )
    valid_from = FirstDayField(
        label=_("first day"), required=False, help_text=_("Empty = from the claim on.")
    )
    valid_until = LastDayField(
        label=_("last day"),
        required=False,
        help_text=_("Valid until the end of that day. With days after the claim: the latest day."),
    )
    stock_limit = CountField(
        label=_("stock"), help_text=_("Coupons that all batches together may hold.")
    )
    budget_cents = YuanField(
        label=_("budget"), help_text=_("In yuan: face value that all batches together may hold.")
    )
    limits = LimitsField(
        label=LABELS["limits"],
        help_text=_("Days, weeks (from Monday) and months are the calendar's."),
    )
    bearers = BearersField(label=LABELS["bearers"], help_text=_("Together 100%."))
    pattern_sample = forms.CharField(
        label=_("try a code"),
        required=False,
        max_length=100,
        widget=PatternTryWidget(),
        help_text=_("Is not saved. Type a code of a real file to see whether the pattern fits."),
    )
    audience = AudienceField()

    class Meta:
        model = CouponTemplate
        fields = (*PLAIN, "face_max_cents", "branch")
        widgets = dict.fromkeys(MOMENTS, MomentWidget)
        field_classes = dict.fromkeys(MOMENTS, forms.DateTimeField)
        help_texts = {
            "title": _("At most 80 characters; customers read it on the coupon."),
            "code": _("Capital letters, digits and hyphens. It stays once it has been published."),
            "starts_at": _("Customers can claim it from then on, once it has been approved."),
            "ends_at": _("Empty = until it is taken down."),
            "days_after_claim": _("The day of the claim does not count."),
            "stacking_group": _(
                "Of one group one coupon per payment; empty = never beside another coupon."
            ),
            "code_pattern": _(
                "Like [0-9]{16,20}: letters, digits, - and _, classes like [A-Z0-9] and \\d, each"
                " with {m}, {m,n}, + or ?. Empty = any code. Imports refuse what does not fit."
            ),
            "is_claimable": _("Otherwise it is granted, or imported for them by number."),
            "lock_minutes": _("A coupon that is locked for a payment is free again after that."),
            "branch": _("Empty = customers of the whole bank."),
            "rules": _("Customers read it on the coupon; one rule per line."),
        }

    def _prepare(self) -> None:
        super()._prepare()
        self.fields["audience"] = AudienceField(operator=self.operator)
        self._prepare_values()
        for name, applies in APPLIES.items():
            self.fields[name].widget.attrs["data-applies"] = json.dumps(applies)
        self.fields["pattern_sample"].widget.address = self.pattern_address
        if self.instance.pk is not None and is_published(self.instance):
            for name in ("code", "kind"):
                self.fields[name].disabled = True

    def _prepare_values(self) -> None:
        template = self.instance
        if template.pk is None:
            self.initial.setdefault("bearers", {"bank": values.WHOLE})
            self.initial.setdefault("starts_at", next_hour())
            return
        rate = "discount" if template.kind == CouponKind.DISCOUNT else "interest"
        self.initial[rate] = template.rate_bp
        if template.face_max_cents == template.face_min_cents:
            self.initial["face_max_cents"] = None
        if not template.threshold_cents:
            self.initial["threshold_cents"] = None

    def clean_code(self) -> str:
        return tidy_code(self.cleaned_data["code"])

    def clean_face_max_cents(self) -> int | None:
        greatest: int | None = self.cleaned_data["face_max_cents"]
        return self.cleaned_data.get("face_min_cents") if greatest is None else greatest

    def clean_threshold_cents(self) -> int:
        return self.cleaned_data["threshold_cents"] or 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._try_sample(cleaned)
        if not self.errors:
            try:
                self.content = content_from(cleaned).cleaned()
            except BadTemplate as error:
                self.add_error(self._shown_at(error.field), str(error.message))
            else:
                self._take_fitting(cleaned)
        return cleaned

    def _take_fitting(self, cleaned: dict[str, Any]) -> None:
        """So that the row's own constraints see what will be stored."""
        cleaned.update({name: getattr(self.content, name) for name in (*PLAIN, "face_max_cents")})

    def _shown_at(self, name: str) -> str | None:
        if name == "rate_bp":
            kind = self.cleaned_data.get("kind")
            return "discount" if kind == CouponKind.DISCOUNT else "interest"
        return name if name in self.fields else None

    def _try_sample(self, cleaned: dict[str, Any]) -> None:
        try:
            fits = sample_fits(cleaned.get("code_pattern", ""), cleaned.get("pattern_sample", ""))
        except BadTemplate as error:
            self.add_error("code_pattern", str(error.message))
            return
        if fits is False:
            self.add_error("pattern_sample", _("This code does not fit the pattern."))


def content_from(cleaned: dict[str, Any]) -> TemplateContent:
    rated = {CouponKind.DISCOUNT: "discount", CouponKind.INTEREST: "interest"}
    rate = cleaned.get(rated.get(cleaned["kind"], ""), 0)
    return TemplateContent(
        **{name: cleaned[name] for name in PLAIN},
        face_max_cents=cleaned["face_max_cents"],
        rate_bp=rate or 0,
        branch=cleaned.get("branch"),
    )
