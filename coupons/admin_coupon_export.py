"""Exporting what the list of coupons shows: at once, or in the background when it is much."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget

from audit.context import current_schema
from audit.errors import DomainError
from coupons import export_jobs, exports
from coupons.admin_coupon_list import KEY, asked_for, shelf_of
from coupons.errors import ExportRefused
from operators.admin_base import DialogForm, action

SALT = "coupons.export"
TICKET_SECONDS = 120
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportForm(DialogForm):
    file_format = forms.ChoiceField(
        label=_("File format"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text file (.csv)"))],
        widget=UnfoldAdminSelectWidget,
    )


class ExportMixin:
    """For the admin of coupons; before KeysetAdmin among the bases."""

    actions_list = ("export",)

    @action(
        description=_("Export"), permissions=[exports.PERMISSION], form_class=ExportForm,
        title=_("Export these coupons"), icon="download", url_path="export",
        explanation=_(
            "All coupons that fit the filter, codes masked; the export itself is recorded. More "
            "than 100,000 are written into a .csv file in the background."
        ),
    )  # fmt: skip
    def export(self, request: HttpRequest, form: ExportForm) -> HttpResponse:
        if KEY in request.GET:
            raise ExportRefused(_("Reset the search for a code first."))
        shelf, asked = shelf_of(request), asked_for(request)
        if not exports.is_small(asked, shelf.batches, shelf.at):
            told = {"query": request.GET.urlencode()}
            job = export_jobs.begin_export(
                actor=request.user,  # type: ignore[arg-type]
                asked=asked,
                told=told,
                at=shelf.at,
            )
            messages.success(request, gettext("The file is being made; it can be fetched here."))
            return HttpResponseRedirect(self._address("intake_job_change", job.pk))
        confirmed = {
            "format": form.cleaned_data["file_format"],
            "query": request.GET.urlencode(),
            "for": [current_schema(), request.user.pk],
        }
        ticket = urlencode({"ticket": signing.dumps(confirmed, salt=SALT)})
        return HttpResponseRedirect(f"{self._address('coupons_coupon_file')}?{ticket}")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.file_view))  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        return [path("export/file/", view, name="coupons_coupon_file"), *urls]

    def file_view(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """The file of an export confirmed a moment ago: a dialog cannot hand out files itself."""
        try:
            return self._file(request, _confirmed(request))
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(self._address("coupons_coupon_changelist"))

    def _file(self, request: HttpRequest, confirmed: dict[str, Any]) -> FileResponse:
        request.GET = QueryDict(confirmed["query"])  # type: ignore[assignment]
        shelf, file_format = shelf_of(request), confirmed["format"]
        file = exports.export_coupons(
            actor=request.user,  # type: ignore[arg-type]
            asked=asked_for(request),
            file_format=file_format,
            told={"query": confirmed["query"]},
            branch=getattr(request.user, "branch", None) if shelf.scope else None,
            at=shelf.at,
        )
        name = f"coupons-{timezone.localtime():%Y%m%d-%H%M%S}.{file_format}"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[file_format]
        )

    def _address(self, page: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:{page}", args=args)  # type: ignore[attr-defined]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        context = getattr(response, "context_data", None) or {}
        kept = self.kept_query(request).urlencode()  # type: ignore[attr-defined]
        for each in context.get("actions_list", []):
            # What is exported is what the list shows, from its first page on.
            each["path"] = f"{each['path']}?{kept}"
        return response


def _confirmed(request: HttpRequest) -> dict[str, Any]:
    try:
        ticket = request.GET.get("ticket", "")
        confirmed: dict[str, Any] = signing.loads(ticket, salt=SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if confirmed["for"] != [current_schema(), request.user.pk]:
        raise PermissionDenied
    return confirmed
