"""Stored files on pages of the consoles: those that the reader may fetch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from intake.models import StoredFile
from intake.stored_files import is_gone, may_fetch


def fetchable(
    request: HttpRequest, site_name: str, files: Sequence[tuple[Any, str]]
) -> list[dict[str, Any]]:
    """``files``: the words of a button and the uid. One that is gone is listed without address."""
    operator: Any = request.user
    uids = [uid for _label, uid in files]
    kept = {str(row.uid): row for row in StoredFile.objects.filter(uid__in=uids)}
    now = timezone.now()
    return [
        {
            "label": label,
            "file": kept[uid],
            "address": ""
            if is_gone(kept[uid], now)
            else reverse(f"{site_name}:intake_file", args=[uid]),
        }
        for label, uid in files
        if uid in kept and may_fetch(operator, kept[uid])
    ]
