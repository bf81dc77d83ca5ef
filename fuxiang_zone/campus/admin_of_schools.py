"""What the campus pages share: rows of the operator's own schools."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse

from operators.admin_base import ModelAdmin


class OfSchoolsAdmin(ModelAdmin):
    """Whatever is not of the operator's schools does not exist for them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def address(self, page: str, *arguments: Any) -> str:
        return reverse(f"{self.admin_site.name}:fuxiang_zone_campus_{page}", args=arguments)

    def found_or_404(self, request: HttpRequest, pk: int) -> Any:
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found
