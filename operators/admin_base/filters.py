"""Filters that fit the filter row: one control each, plain form fields, no script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import FieldListFilter, SimpleListFilter
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import DateTimeField, Field, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class KindFilter(SimpleListFilter):
    """By the kinds that a room's registry knows: the subclass names them."""

    title = gettext_lazy("kind")
    parameter_name = "kind"
    kinds: Callable[[], Iterable[Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.name, kind.label) for kind in type(self).kinds()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class DateRangeFilter(FieldListFilter):
    """From one day to another, both included, in the console's time zone."""

    def __init__(
        self, field: Field, request: HttpRequest, params: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(field, request, params, *args, **kwargs)
        self.first_name, self.last_name = self.expected_parameters()
        self.first, self.last = self._value(self.first_name), self._value(self.last_name)

    def _value(self, name: str) -> str:
        values = self.used_parameters.get(name) or [""]
        value = values[-1] if isinstance(values, list) else str(values)
        try:
            return value if parse_date(value) else ""
        except ValueError:
            return ""

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [f"{self.field_path}_from", f"{self.field_path}_until"]

    def choices(  # type: ignore[override]
        self, changelist: ChangeList
    ) -> Iterator[dict[str, Any]]:
        yield {
            "selected": not (self.first or self.last),
            "query_string": changelist.get_query_string(remove=self.expected_parameters()),
            "display": _("All"),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        bounds = {}
        if self.first:
            bounds[f"{self.field_path}__gte"] = self._day(self.first, 0)
        if self.last:
            bounds[f"{self.field_path}__lt"] = self._day(self.last, 1)
        return queryset.filter(**bounds)

    def _day(self, value: str, later: int) -> date | datetime:
        day = date.fromisoformat(value) + timedelta(days=later)
        if isinstance(self.field, DateTimeField):
            return make_aware(datetime.combine(day, time.min))
        return day


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Offers what the operator may see of the other list, and nothing else."""

    def field_choices(self, field: Field, request: HttpRequest, model_admin: Any) -> list[tuple]:
        related = model_admin.related_queryset(field.related_model, request)
        if related is None:
            return list(field.get_choices(include_blank=False))
        return [(row.pk, str(row)) for row in related]
