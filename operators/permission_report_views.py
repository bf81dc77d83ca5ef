from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.spreadsheets import WRITERS
from operators import permission_report

if TYPE_CHECKING:
    from operators.models import Operator


def permission_report_page(request: HttpRequest, *, site: AdminSite) -> HttpResponseBase:
    """A GET shows the report; the two buttons POST, because taking it out leaves an event."""
    actor: Operator = request.user  # type: ignore[assignment]
    if not actor.has_perm(permission_report.VIEW):
        raise PermissionDenied
    if request.method == "POST":
        return _file(actor, request.POST.get("format", ""))
    request.current_app = site.name  # type: ignore[attr-defined]
    context = {
        **site.each_context(request),
        "title": _("Permission report"),
        "rows": permission_report.report_rows(actor=actor),
        "has_branches": site.name == "bank",
    }
    return TemplateResponse(request, "operators/permission_report.html", context)


def _file(actor: Operator, file_format: str) -> HttpResponseBase:
    if file_format not in WRITERS:
        raise PermissionDenied
    file = permission_report.export_report(actor=actor, file_format=file_format)
    day = timezone.localdate().strftime("%Y%m%d")
    name = f"{_('permission-report')}-{day}.{file_format}"
    return FileResponse(file, as_attachment=True, filename=name)
