"""Senior mode shows nothing that a checker has not looked at with seniors in mind."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from approvals.registry import Confirmation

SUITABLE = "for_seniors"


def confirmations(payload: dict[str, Any]) -> list[Confirmation]:
    """Of an ad or an announcement that is marked suitable."""
    if not payload.get("for_seniors"):
        return []
    return [Confirmation(SUITABLE, _("I have checked that it is suitable for senior mode."))]
