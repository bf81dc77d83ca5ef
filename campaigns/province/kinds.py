"""Province campaigns as a kind of content that is published, for banks to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from campaigns.province.choices import KIND, Field
from campaigns.province.compliance import describe
from campaigns.province.content import content_of_envelope
from campaigns.province.errors import BadProvinceCampaign
from campaigns.province.wording import show_payload
from publishing.models import Publication
from publishing.registry import ContentKind, register


def check_envelope(target_id: str, envelope: dict[str, Any], at: datetime) -> None:
    content = content_of_envelope(envelope).cleaned()
    first = Publication.objects.of_target(KIND, target_id).order_by("version").first()
    if first is None or first.payload is None:
        return
    kind = first.payload["fields"][Field.KIND]["value"]
    if content.rules[Field.KIND]["value"] != kind:
        raise BadProvinceCampaign(
            _("The kind of a published campaign stays. Make a copy for another kind."),
            field=Field.KIND,
        )


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="campaigns_province.ProvinceCampaign",
            label=pgettext_lazy("kind of content", "Province campaign"),
            show_payload=show_payload,
            check_envelope=check_envelope,
            compliance=describe,
            # Banks read it, customers only what banks make of it.
            is_shown=False,
        )
    )
