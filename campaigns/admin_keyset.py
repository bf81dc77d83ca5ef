"""Lists of millions of rows: no count, and the next page begins behind the last row of this one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from operators.admin_base import ModelAdmin
from operators.admin_base.changelist import ChangeList
from operators.preferences import page_size

AFTER = "after"


class KeysetChangeList(ChangeList):
    """``model_admin.keyset`` names the moment that orders the rows, newest first, then by id."""

    next_place = ""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        lookups = super().get_filters_params(params)
        return {name: value for name, value in lookups.items() if name != AFTER}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return [f"-{self.model_admin.keyset}", "-id"]  # type: ignore[attr-defined]

    def get_results(self, request: HttpRequest) -> None:
        size = page_size(request.user, self.list_name, self.model_admin.list_per_page)
        name = self.model_admin.keyset  # type: ignore[attr-defined]
        rows = list(self._behind(request, name)[: size + 1])
        if len(rows) > size:
            rows.pop()
            self.next_place = f"{getattr(rows[-1], name).isoformat()}~{rows[-1].pk}"
        self.list_per_page = size
        self.result_list = rows  # type: ignore[assignment]
        self.result_count = len(rows)
        self.show_full_result_count = self.show_admin_actions = False
        self.full_result_count = None  # type: ignore[assignment]
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(rows, max(size, 1))

    def _behind(self, request: HttpRequest, name: str) -> QuerySet:
        place = _place(request.GET.get(AFTER, ""))
        if place is None:
            return self.queryset
        at, key = place
        behind = Q(**{f"{name}__lt": at}) | Q(**{name: at, "id__lt": key})
        # The first half alone lets the index begin at the right place.
        return self.queryset.filter(Q(**{f"{name}__lte": at}) & behind)

    @property
    def next_address(self) -> str:
        return self.get_query_string({AFTER: self.next_place}) if self.next_place else ""

    @property
    def first_address(self) -> str:
        return self.get_query_string(remove=[AFTER]) if AFTER in self.params else ""


def _place(text: str) -> tuple[datetime, UUID] | None:
    at, _tilde, key = text.partition("~")
    try:
        moment, pk = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        return None
    return (moment, pk) if moment.tzinfo is not None else None


class KeysetAdmin(ModelAdmin):
    """To look through; rows come from elsewhere."""

    keyset = ""
    change_list_template = "campaigns/keyset_list.html"
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        kept: QueryDict = request.GET.copy()
        kept.pop(AFTER, None)
        return super().changelist_view(request, {"kept_query": kept, **(extra_context or {})})
