"""Coupon templates as a kind of content that is published."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from coupons.terms.live import published
from publishing.registry import ContentKind, register

KIND = "coupon_template"


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="coupons.CouponTemplate",
            label=pgettext_lazy("kind of content", "Coupon template"),
            published=published,
            is_shown=False,
        )
    )
