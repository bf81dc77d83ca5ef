"""What the operator chose to look at. Impossible choices fall back to the ordinary view."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from mobile.errors import BadQuery
from mobile.queries import mode_of, parse_moment
from operators.models import Branch

if TYPE_CHECKING:
    from django.http import QueryDict

    from mobile.documents import Mode
    from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Choices:
    mode: Mode = "standard"
    # Of the customer who looks; None = a visitor, who sees what is for the whole bank.
    branch: Branch | None = None
    # None = now.
    at: datetime | None = None
    skin: str = ""
    # An approval request, or a draft, to be shown as if it were approved.
    request_id: int | None = None
    draft: UUID | None = None
    # The announcement that is open; None = the home page.
    item: UUID | None = None
    # The must-read sheet was put aside.
    aside: bool = False

    def query(self, **changes: Any) -> str:
        """These choices, some changed, as the part of an address behind the question mark."""
        changed = replace(self, **changes)
        at = timezone.localtime(changed.at).strftime("%Y-%m-%dT%H:%M") if changed.at else ""
        given = {
            "mode": changed.mode if changed.mode != "standard" else "",
            "branch": changed.branch.code if changed.branch is not None else "",
            "at": at,
            "skin": changed.skin,
            "request": changed.request_id or "",
            "draft": changed.draft or "",
            "item": changed.item or "",
            "aside": "1" if changed.aside else "",
        }
        return urlencode({name: value for name, value in given.items() if value})


def read_choices(query: QueryDict, operator: Operator) -> Choices:
    return Choices(
        mode=_mode(query),
        branch=_branch(query.get("branch", ""), operator),
        at=_moment(query.get("at", "")),
        skin=query.get("skin", ""),
        request_id=_number(query.get("request", "")),
        draft=_uuid(query.get("draft", "")),
        item=_uuid(query.get("item", "")),
        aside=query.get("aside") == "1",
    )


def _mode(query: QueryDict) -> Mode:
    with suppress(BadQuery):
        return mode_of(query)
    return "standard"


def _branch(code: str, operator: Operator) -> Branch | None:
    """Branches outside the operator's own subtree cannot be chosen."""
    return (
        Branch.objects.visible_to(operator).filter(code=code).first()
        if code.isprintable()
        else None
    )


def _moment(raw: str) -> datetime | None:
    with suppress(BadQuery):
        return parse_moment(raw) if raw else None
    return None


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 18 else None


def _uuid(raw: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(raw) if raw else None
    return None
