"""What the campus pages share: rows of the operator's own schools, and a page that takes a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.errors import DomainError
from fuxiang_zone.campus.forms import UploadForm
from operators.admin_base import ModelAdmin

if TYPE_CHECKING:
    from intake.columns import Column
    from intake.models import Job


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


def upload_page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    columns: Sequence[Column],
    start: Callable[..., Job],
    back: str,
) -> HttpResponse:
    """``start`` is given the file and whether it is only to be checked."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = start(**form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            address = reverse(f"{model_admin.admin_site.name}:intake_job_change", args=[job.pk])
            return HttpResponseRedirect(address)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "form": form,
        "back": back,
        "columns": [(column, "、".join(column.headers)) for column in columns],
        "most_bytes": settings.UPLOAD_MAX_BYTES,
        "too_large": _("The file is too large: at most %(most)s are accepted. Split it.")
        % {"most": filesizeformat(settings.UPLOAD_MAX_BYTES)},
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    return TemplateResponse(request, "campus/import.html", context, status=status)
