"""What the audit trail can be narrowed to, one control each in the filter row."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.labels import kind_label
from audit.models import AuditEvent
from operators.models import Operator

SYSTEM = "-"


class EventFilter(SimpleListFilter):
    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        words = ((name, str(label)) for name, label in events.registered().items())
        return sorted(words, key=lambda choice: choice[0])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(event=self.value()) if self.value() else queryset


class OperatorFilter(SimpleListFilter):
    """Operators of this console; a branch operator is offered those of the own subtree."""

    title = _("operator")
    parameter_name = "operator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        seen = Operator.objects.all()
        if model_admin.scope(request):
            seen = Operator.objects.in_scope_of(request.user)
        names = seen.order_by("username").values_list("username", "name")
        people = [(username, f"{name} ({username})") for username, name in names]
        return [*people, (SYSTEM, str(_("system")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == SYSTEM:
            return queryset.filter(actor_username="", actor_id=None)
        return queryset.filter(actor_username=self.value()) if self.value() else queryset


class TargetKindFilter(SimpleListFilter):
    title = _("target kind")
    parameter_name = "target_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind_label(kind)) for kind in AuditEvent.objects.target_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(target_kind=self.value()) if self.value() else queryset
