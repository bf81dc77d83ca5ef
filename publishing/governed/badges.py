"""The number beside the menu entry of governed settings; empty for who does not draft them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishing.governed.reading import groups_that_ask
from publishing.governed.services import CHANGE_SETTINGS

if TYPE_CHECKING:
    from django.http import HttpRequest


def groups_asking(request: HttpRequest) -> str:
    if not request.user.has_perm(CHANGE_SETTINGS):  # type: ignore[union-attr]
        return ""
    return str(groups_that_ask() or "")
