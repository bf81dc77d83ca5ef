"""Campaigns as a kind of content that is published."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from campaigns.designing.checking import check_envelope
from campaigns.designing.compliance import describe
from campaigns.designing.wording import confirmations, show_payload
from campaigns.importing import jobs
from campaigns.live import published
from campaigns.running import stops
from publishing.registry import ContentKind, register

KIND = "campaign"


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="campaigns.Campaign",
            label=pgettext_lazy("kind of content", "Campaign"),
            show_payload=show_payload,
            check_envelope=check_envelope,
            confirmations=confirmations,
            compliance=describe,
            published=published,
        )
    )
    stops.register_kind()
    jobs.IMPORT.register()
