"""The list itself: tabs, the fields of the filter row, the page size, a count that stays cheap."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin.utils import label_for_field
from django.core.paginator import Paginator
from django.db.models import DecimalField, Field, FloatField, IntegerField, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from unfold.views import ChangeList as UnfoldChangeList

from operators.admin_base.tabs import TAB_PARAMETER, ShownTab, chosen_tab, count_tabs
from operators.preferences import PAGE_SIZES, page_size

COUNT_CAP = 10_000


class CappedPaginator(Paginator):
    """Counts up to a cap: nobody turns to page 500, and counting millions takes seconds."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: COUNT_CAP + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > COUNT_CAP


def without_blanks(parameters: QueryDict) -> QueryDict:
    """A filter row sends every field; the empty ones ask for nothing."""
    cleaned = QueryDict(mutable=True)
    for name, values in parameters.lists():
        if kept := [value for value in values if value.strip()]:
            cleaned.setlist(name, kept)
    cleaned._mutable = False  # type: ignore[attr-defined]
    return cleaned


class ChangeList(UnfoldChangeList):
    page_sizes = PAGE_SIZES

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        model_admin = kwargs.get("model_admin") or args[10]
        self.tabs = model_admin.status_tabs(request)
        self.tab = chosen_tab(self.tabs, request.GET.get(TAB_PARAMETER, ""))
        super().__init__(request, *args, **kwargs)
        self.title = str(self.opts.verbose_name_plural)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        lookups = super().get_filters_params(params)
        lookups.pop(TAB_PARAMETER, None)
        return lookups

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        """Filters and search first: the tabs count what they leave."""
        queryset = super().get_queryset(request, exclude_parameters)
        self.counts = count_tabs(queryset, self.tabs) if self.tabs else {}
        if self.tab is None or not self.tab.condition:
            return queryset
        return queryset.filter(self.tab.condition)

    def get_results(self, request: HttpRequest) -> None:
        self.list_per_page = page_size(request.user, self.list_name, self.model_admin.list_per_page)
        super().get_results(request)

    @property
    def list_name(self) -> str:
        return self.opts.label_lower

    @property
    def shown_tabs(self) -> list[ShownTab]:
        return [
            ShownTab(
                label=tab.label,
                count=self.counts[tab.key],
                address=self.get_query_string({TAB_PARAMETER: tab.key}),
                active=tab is self.tab,
            )
            for tab in self.tabs
        ]

    @property
    def narrowed(self) -> bool:
        """Whether the operator has asked for less than the whole list."""
        return bool(self.query or self.has_active_filters)

    @property
    def reset_address(self) -> str:
        kept = {TAB_PARAMETER: self.tab.key} if self.tab else {}
        return (
            f"?{QueryDict.fromkeys(kept).urlencode()}"
            if not kept
            else f"?tab={kept[TAB_PARAMETER]}"
        )

    @property
    def numeric_columns(self) -> list[str]:
        return [name for name in self.list_display if isinstance(name, str) and self._numeric(name)]

    def _numeric(self, name: str) -> bool:
        _label, attribute = label_for_field(
            name, self.model, model_admin=self.model_admin, return_attr=True
        )
        if attribute is not None:
            return bool(getattr(attribute, "numeric", False))
        field: Field = self.opts.get_field(name)  # type: ignore[assignment]
        kinds = (IntegerField, DecimalField, FloatField)
        return isinstance(field, kinds) and not field.choices and not field.is_relation

    @property
    def filter_fields(self) -> list[dict[str, Any]]:
        return [self._filter_field(spec) for spec in self.filter_specs]

    def _filter_field(self, spec: Any) -> dict[str, Any]:
        if hasattr(spec, "first_name"):
            return {"kind": "dates", "label": spec.title, "spec": spec}
        names = spec.expected_parameters()
        choices = [self._option(choice, names) for choice in spec.choices(self)]
        name = next((each["name"] for each in choices if each["name"]), names[0])
        shown = [each for each in choices if each["name"] in ("", name)]
        return {"kind": "select", "label": spec.title, "name": name, "choices": shown}

    @staticmethod
    def _option(choice: dict[str, Any], names: list[str]) -> dict[str, Any]:
        """The one parameter that choosing this would add, read from the link Django offers."""
        given = parse_qs(str(choice.get("query_string", ""))[1:])
        name = next((each for each in names if each in given), "")
        return {
            "name": name,
            "value": given[name][-1] if name else "",
            "label": choice["display"],
            "selected": choice["selected"],
        }
