"""Announcements as a kind of content that is published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from announcements import seniors
from announcements.bodies import sanitise
from announcements.compliance import describe
from announcements.offering import accept_offer, offer_content
from approvals.wording import moment
from publishing.envelopes import to_moment
from publishing.registry import ContentKind, Shown, register

KIND = "announcement"


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    return [
        Shown("body", _("Text"), sanitise(payload["body"]), html=True),
        Shown("pinned", _("Pinned"), _yes_or_no(payload["pinned"])),
        Shown("must_read", _("Must be read"), _yes_or_no(payload["must_read"])),
        # Publications of earlier releases say nothing of these two.
        Shown(
            "for_seniors",
            _("Suitable for senior mode"),
            _yes_or_no(payload.get("for_seniors", False)),
        ),
        Shown("trial_starts_at", _("Trial from"), _trial(payload.get("trial_starts_at"))),
    ]


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def _trial(text: str | None) -> str:
    return moment(to_moment(text), gettext("no trial"))


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="announcements.Announcement",
            label=pgettext_lazy("kind of content", "Announcement"),
            show_payload=show_payload,
            compliance=describe,
            offer_content=offer_content,
            accept_offer=accept_offer,
            confirmations=seniors.confirmations,
        )
    )
