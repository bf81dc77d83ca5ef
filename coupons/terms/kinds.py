"""Coupon templates as a kind of content that is published."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from coupons.terms.checking import check_envelope
from coupons.terms.compliance import describe
from coupons.terms.live import published
from coupons.terms.wording import show_payload
from publishing.registry import ContentKind, register

KIND = "coupon_template"


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="coupons.CouponTemplate",
            label=pgettext_lazy("kind of content", "Coupon template"),
            show_payload=show_payload,
            check_envelope=check_envelope,
            compliance=describe,
            published=published,
            is_shown=False,
        )
    )
