"""Zone products as a kind of content that is published."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from fuxiang_zone.products.live import published
from publishing.registry import ContentKind, register

KIND = "zone_product"


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="fuxiang_zone.ZoneProduct",
            label=pgettext_lazy("kind of content", "Zone product"),
            published=published,
        )
    )
