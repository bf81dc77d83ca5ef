"""Adoption of product types over the province: chart, table, file."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from fuxiang_zone.catalogue.adoption import FORMATS, VIEW, adoption, export_adoption
from operators.sites import ConsoleSite, platform_site

NAME = "fuxiang_zone_adoption"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def pages(site: ConsoleSite) -> list[URLPattern]:
    page = site.admin_view(require_safe(partial(adoption_page, site=site)))
    file = site.admin_view(require_POST(export_file))
    return [
        path("zone-adoption/", page, name=NAME),
        path("zone-adoption/export/", file, name=f"{NAME}_export"),
    ]


def adoption_page(request: HttpRequest, *, site: ConsoleSite) -> HttpResponse:
    if not request.user.has_perm(VIEW):  # type: ignore[union-attr]
        raise PermissionDenied
    request.current_app = site.name  # type: ignore[attr-defined]
    chosen = _prefecture(request.GET.get("prefecture", ""))
    found = adoption(chosen)
    known = [each.name for each in found.prefectures]
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Adoption of product types"),
        "is_fullwidth": "1",
        "found": found,
        "chosen": chosen if chosen in known else "",
        "now": timezone.now(),
    }
    return TemplateResponse(request, "fuxiang_zone/catalogue/adoption.html", context)


def export_file(request: HttpRequest) -> FileResponse:
    file_format = request.POST.get("format", "")
    if file_format not in FORMATS or not request.user.has_perm(VIEW):  # type: ignore[union-attr]
        raise PermissionDenied
    prefecture = _prefecture(request.POST.get("prefecture", ""))
    file = export_adoption(actor=request.user, prefecture=prefecture, file_format=file_format)  # type: ignore[arg-type]
    name = f"zone-adoption-{timezone.localdate():%Y-%m-%d}.{file_format}"
    return FileResponse(
        file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[file_format]
    )


def _prefecture(text: str) -> str:
    return text[:40] if text.isprintable() else ""


platform_site.add_pages(pages)
