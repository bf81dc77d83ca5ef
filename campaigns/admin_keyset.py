"""Lists in the order of a moment, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from operators.admin_base import keyset


class KeysetChangeList(keyset.KeysetChangeList):
    """``model_admin.keyset`` names the moment that orders the rows, newest first, then by id."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return [f"-{self.model_admin.keyset}", "-id"]  # type: ignore[attr-defined]

    def read_rows(self, request: HttpRequest, size: int, after: str) -> tuple[list[Any], str]:
        name = self.model_admin.keyset  # type: ignore[attr-defined]
        rows = list(self._behind(after, name)[: size + 1])
        if len(rows) <= size:
            return rows, ""
        rows.pop()
        return rows, f"{getattr(rows[-1], name).isoformat()}~{rows[-1].pk}"

    def _behind(self, after: str, name: str) -> QuerySet:
        place = _place(after)
        if place is None:
            return self.queryset
        at, key = place
        behind = Q(**{f"{name}__lt": at}) | Q(**{name: at, "id__lt": key})
        # The first half alone lets the index begin at the right place.
        return self.queryset.filter(Q(**{f"{name}__lte": at}) & behind)


def _place(text: str) -> tuple[datetime, UUID] | None:
    at, _tilde, key = text.partition("~")
    try:
        moment, pk = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        return None
    return (moment, pk) if moment.tzinfo is not None else None


class KeysetAdmin(keyset.KeysetAdmin):
    keyset = ""
    change_list_class = KeysetChangeList
    change_list_template = "campaigns/keyset_list.html"
