"""Pages that show a row and change nothing by a form."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from operators.admin_base import KindFilter, ModelAdmin
from publishing import registry


class ContentKindFilter(KindFilter):
    kinds = staticmethod(registry.kinds)


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return require_safe(self.show)(request, found)

    def show(self, request: HttpRequest, found: Any) -> HttpResponse:
        raise NotImplementedError

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        chrome = {**self.admin_site.each_context(request), "opts": self.opts, "is_fullwidth": "1"}
        return TemplateResponse(request, template, {**chrome, **context})


def posted_text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:2000]
