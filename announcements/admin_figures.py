"""Delivery figures of announcements, the bank's own and, on a page of their own, the province's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_tenants.utils import tenant_context

from announcements.kinds import KIND
from announcements.models import Announcement
from customers.figures import item_figures_context
from operators.querysets import branch_scope
from publishing.services import current_edition
from tenants.platform import PLATFORM


class FiguresMixin:
    """For the admin of announcements. What has never been published has no figures."""

    def figures_context(self, draft: Announcement) -> dict[str, Any]:
        return {} if draft.published_version is None else item_figures_context(draft.uid)

    def get_urls(self) -> list[Any]:
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        if self.admin_site.name != "bank":  # type: ignore[attr-defined]
            return urls
        view = self.admin_site.admin_view(require_safe(self.province_figures_view))  # type: ignore[attr-defined]
        name = "announcements_announcement_province_figures"
        return [path("province/<uuid:uid>/figures/", view, name=name), *urls]

    def province_figures_view(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        """How a province-wide announcement did among this bank's customers."""
        # Counted for the whole bank: not for someone confined to a branch.
        if not self.has_view_permission(request) or branch_scope(request.user):  # type: ignore[attr-defined, arg-type]
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Delivery figures"),
            "announcement_title": _title_of(uid),
            **item_figures_context(uid),
        }
        return TemplateResponse(request, "announcements/province_figures.html", context)


def _title_of(uid: UUID) -> str:
    with tenant_context(PLATFORM):
        items = current_edition().document["items"]
    for item in items:
        if item["id"] == str(uid) and item["kind"] == KIND:
            return str(item["title"])
    raise Http404
