"""Zone products as a kind of content that is published."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from fuxiang_zone.products.checking import check_envelope
from fuxiang_zone.products.compliance import describe, is_deposit
from fuxiang_zone.products.live import published
from fuxiang_zone.products.showing import confirmations, show_payload
from publishing.compliance.subjects import register_deposits
from publishing.registry import ContentKind, register

KIND = "zone_product"


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="fuxiang_zone.ZoneProduct",
            label=pgettext_lazy("kind of content", "Zone product"),
            show_payload=show_payload,
            check_envelope=check_envelope,
            confirmations=confirmations,
            published=published,
            compliance=describe,
        )
    )
    register_deposits(KIND, is_deposit)
