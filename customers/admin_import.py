"""The customer file into the console: a page to upload it; the job's page tells the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.customer_files import COLUMNS
from customers.import_jobs import CHANGE, PERMISSION, start_import
from intake.import_pages import dry_run_field, file_field, import_page

if TYPE_CHECKING:
    from operators.admin_base import ModelAdmin as Base
else:
    Base = object


class UploadForm(forms.Form):
    file = file_field(
        gettext_lazy(
            ".csv (UTF-8, GB18030, UTF-16) or .xlsx, with headers in the first row. Good rows "
            "land together, bad ones come back in a file; an existing number is updated."
        )
    )
    dry_run = dry_run_field(gettext_lazy("You see what would happen; nothing is changed."))


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
        return import_page(
            self,
            request,
            title=_("Import a customer file"),
            form_class=UploadForm,
            columns=COLUMNS,
            start=partial(start_import, actor=request.user),  # type: ignore[arg-type]
            template="customers/import.html",
        )


def _may_import(request: HttpRequest) -> bool:
    return request.user.has_perms([PERMISSION, CHANGE])  # type: ignore[union-attr]
