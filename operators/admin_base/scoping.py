"""Confinement of branch operators to their own subtree, on every page of a list."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from operators.models import Branch
from operators.querysets import branch_scope


class BranchScopeMixin:
    """``branch_lookup`` names the path that confines a row: "branch__path", "branch_path", "path".

    Empty means that the rows belong to no branch. The platform has no branches.
    """

    branch_lookup = ""

    def scope(self, request: HttpRequest) -> str:
        """The path prefix this request is confined to; empty = everything."""
        if not self.branch_lookup or self.admin_site.name != "bank":  # type: ignore[attr-defined]
            return ""
        return branch_scope(request.user)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = super().get_queryset(request)  # type: ignore[misc]
        prefix = self.scope(request)
        if not prefix:
            return queryset
        return queryset.filter(**{f"{self.branch_lookup}__startswith": prefix})

    def in_scope(self, request: HttpRequest, obj: Any) -> bool:
        """``obj`` may be a row or, as Unfold's actions pass it, the text of its key."""
        prefix = self.scope(request)
        if obj is None or not prefix:
            return True
        if not isinstance(obj, Model):
            return self.get_object(request, str(obj)) is not None  # type: ignore[attr-defined]
        value: Any = obj
        for name in self.branch_lookup.split("__"):
            value = getattr(value, name, None)
        return value is not None and str(value).startswith(prefix)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_view_permission(request, obj)  # type: ignore[misc]
        return allowed and self.in_scope(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)  # type: ignore[misc]
        return allowed and self.in_scope(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed and self.in_scope(request, obj)

    def related_queryset(self, model: type[Model], request: HttpRequest) -> QuerySet | None:
        """The rows of another model that this operator may refer to; None = no rule known."""
        if model is Branch and self.admin_site.name == "bank":  # type: ignore[attr-defined]
            return Branch.objects.visible_to(request.user)  # type: ignore[arg-type]
        other = self.admin_site._registry.get(model)  # type: ignore[attr-defined]
        return other.get_queryset(request) if isinstance(other, BranchScopeMixin) else None

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        queryset = self.related_queryset(db_field.remote_field.model, request)
        if queryset is not None and "queryset" not in kwargs:
            kwargs["queryset"] = queryset
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        # "No branch" means the whole bank: not for someone confined to a branch.
        if field is not None and db_field.remote_field.model is Branch and self.scope(request):
            field.required = True
        return field
