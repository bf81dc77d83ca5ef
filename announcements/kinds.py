"""Announcements as a kind of content that is published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from announcements.bodies import sanitise
from publishing.registry import ContentKind, Shown, register

KIND = "announcement"


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    return [
        Shown("body", _("Text"), sanitise(payload["body"]), html=True),
        Shown("pinned", _("Pinned"), _yes_or_no(payload["pinned"])),
        Shown("must_read", _("Must be read"), _yes_or_no(payload["must_read"])),
    ]


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def register_kind() -> None:
    register(
        ContentKind(
            name=KIND,
            model_label="announcements.Announcement",
            label=pgettext_lazy("kind of content", "Announcement"),
            show_payload=show_payload,
        )
    )
