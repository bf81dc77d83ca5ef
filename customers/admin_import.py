"""The customer file into the console: a page to upload it; the job's page tells the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanSwitchWidget

from audit.errors import DomainError
from customers.customer_files import COLUMNS
from customers.import_jobs import CHANGE, PERMISSION, start_import

if TYPE_CHECKING:
    from operators.admin_base import ModelAdmin as Base
else:
    Base = object


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            ".csv (UTF-8, GB18030, UTF-16) or .xlsx, with headers in the first row. Good rows "
            "land together, bad ones come back in a file; an existing number is updated."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx", "class": "fx-file"}),
        error_messages={"empty": gettext_lazy("The file is empty. Choose another one.")},
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("Only check the file"), required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("You see what would happen; nothing is changed."),
    )  # fmt: skip


class ImportMixin(Base):
    """For the admin of customers; before ModelAdmin among the bases."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="customers_customer_import"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        links = list(context.get("toolbar_links", []))
        if _may_import(request):
            address = reverse(f"{self.admin_site.name}:customers_customer_import")
            links.append({"title": _("Import a file"), "icon": "upload_file", "address": address})
        return super().changelist_view(request, {**context, "toolbar_links": links})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not _may_import(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                job = start_import(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                address = reverse(f"{self.admin_site.name}:intake_job_change", args=[job.pk])
                return HttpResponseRedirect(address)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a customer file"),
            "form": form,
            "columns": [(column, "、".join(column.headers)) for column in COLUMNS],
            "most_bytes": settings.UPLOAD_MAX_BYTES,
            "too_large": _("The file is too large: at most %(most)s are accepted. Split it.")
            % {"most": filesizeformat(settings.UPLOAD_MAX_BYTES)},
        }
        status = 400 if form.is_bound and not form.is_valid() else 200
        return TemplateResponse(request, "customers/import.html", context, status=status)


def _may_import(request: HttpRequest) -> bool:
    return request.user.has_perms([PERMISSION, CHANGE])  # type: ignore[union-attr]
