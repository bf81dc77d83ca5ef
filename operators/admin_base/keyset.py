"""Lists of millions of rows: no page numbers, the next page begins behind the last row of this
one."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from operators.admin_base.changelist import ChangeList
from operators.admin_base.model_admin import ModelAdmin
from operators.preferences import page_size

AFTER = "after"


class KeysetChangeList(ChangeList):
    # What stands in the address without being a filter.
    own_parameters: tuple[str, ...] = (AFTER,)
    next_place = ""

    def read_rows(self, request: HttpRequest, size: int, after: str) -> tuple[list[Any], str]:
        """The rows behind the place ``after``, as the address has it, and the place behind them;
        empty when there are no more."""
        raise NotImplementedError

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        lookups = super().get_filters_params(params)
        return {name: each for name, each in lookups.items() if name not in self.own_parameters}

    def get_results(self, request: HttpRequest) -> None:
        size = page_size(request.user, self.list_name, self.model_admin.list_per_page)
        rows, self.next_place = self.read_rows(request, size, request.GET.get(AFTER, ""))
        self.list_per_page = size
        self.result_list = rows  # type: ignore[assignment]
        self.result_count = len(rows)
        self.show_full_result_count = self.show_admin_actions = False
        self.full_result_count = None  # type: ignore[assignment]
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(rows, max(size, 1))

    @property
    def next_address(self) -> str:
        return self.get_query_string({AFTER: self.next_place}) if self.next_place else ""

    @property
    def first_address(self) -> str:
        return self.get_query_string(remove=[AFTER]) if AFTER in self.params else ""


class AskingChangeList(KeysetChangeList):
    """Filters and search only ask; ``read_rows`` knows the way to the rows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        found = self.get_filters(request)
        self.filter_specs, self.has_filters, self.has_active_filters = found[0], found[1], found[4]
        self.counts = {}
        return self.model._default_manager.none()


class AskingFilter(SimpleListFilter):
    """For an ``AskingChangeList``."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset

    def has_output(self) -> bool:
        return True


class KeysetAdmin(ModelAdmin):
    """To look through; rows come from elsewhere."""

    change_list_class: type[KeysetChangeList]
    change_list_template = "console/keyset_list.html"
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return self.change_list_class

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def kept_query(self, request: HttpRequest) -> QueryDict:
        """What is asked for, without the place in the list."""
        kept: QueryDict = request.GET.copy()
        for name in self.change_list_class.own_parameters:
            kept.pop(name, None)
        return kept

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"kept_query": self.kept_query(request), **(extra_context or {})}
        return super().changelist_view(request, context)
