"""A coupon file into the console: upload, columns, start; then the page of the job goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import DomainError
from coupons.importing_pages.forms import (
    ALL_OR_NOTHING,
    ChoicesForm,
    GenerateForm,
    MappingForm,
    UploadForm,
    published_templates,
    too_large,
)
from coupons.importing_pages.reading import Preview, look_into
from coupons.importing_pages.starting import start_generation, start_import
from coupons.models import Batch
from coupons.stock.importing import IMPORT_PERMISSION, AlreadyImported
from intake.models import Job, StoredFile
from intake.stored_files import remove, store

if TYPE_CHECKING:
    from operators.admin_base import ModelAdmin as Base
else:
    Base = object

# An import that nobody went on with.
UPLOAD_KEPT = timedelta(days=1)


class ImportPagesMixin(Base):
    """For the admin of batches; before ModelAdmin among the bases."""

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("import/", guard(self.upload_view), name="coupons_batch_import"),
            path("generate/", guard(self.generate_view), name="coupons_batch_generate"),
            path("import/<uuid:uid>/", guard(self.columns_view), name="coupons_batch_columns"),
            *super().get_urls(),
        ]

    def import_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        if not may_import(request):
            return []
        return [
            {
                "title": _("Import a file"),
                "icon": "upload_file",
                "address": self._page_at("import"),
            },
            {
                "title": _("Generate codes"),
                "icon": "auto_awesome",
                "address": self._page_at("generate"),
            },
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        links = [*self.import_links(request), *context.get("toolbar_links", [])]
        return super().changelist_view(request, {**context, "toolbar_links": links})

    # --- generation ---------------------------------------------------------------------------
    def generate_view(self, request: HttpRequest) -> HttpResponse:
        require_import(request)
        form = GenerateForm(
            request.POST or None, initial={"template": request.GET.get("template", "")}
        )
        if request.method == "POST" and form.is_valid():
            try:
                job = start_generation(actor=_who(request), **form.asked)
            except DomainError as error:
                form.add_error(None, str(error.message))
            else:
                return HttpResponseRedirect(self._job_address(job))
        context = {"title": _("Generate coupon codes"), "form": form, **self._templates()}
        return self._import_page(request, "coupons/importing/generate.html", context, form=form)

    # --- the file -----------------------------------------------------------------------------
    def upload_view(self, request: HttpRequest) -> HttpResponse:
        require_import(request)
        form = UploadForm(
            request.POST or None, request.FILES or None,
            initial={"template": request.GET.get("template", "")},
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            return self._stored(request, form.cleaned_data)
        context = {
            "title": _("Import a coupon file"),
            "form": form,
            **self._templates(),
            "most_bytes": settings.UPLOAD_MAX_BYTES,
            "too_large": too_large(None),
        }
        return self._import_page(request, "coupons/importing/upload.html", context, form=form)

    def _stored(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        now = timezone.now()
        file = given["file"]
        stored = store(
            actor=_who(request), file=file, name=file.name, expires_at=now + UPLOAD_KEPT, at=now
        )
        chosen = {
            "template": given["template"].pk, "name": given["name"], "policy": given["policy"]
        }  # fmt: skip
        return HttpResponseRedirect(f"{self._page_at('columns', stored.uid)}?{urlencode(chosen)}")

    # --- its columns --------------------------------------------------------------------------
    def columns_view(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        require_import(request)
        stored = self._own_file(request, uid)
        chosen = ChoicesForm(request.GET)
        if not chosen.is_valid():
            return HttpResponseRedirect(self._page_at("import"))
        if not stored.stored_as:
            return self._gone(request, stored)
        given = chosen.cleaned_data
        try:
            preview = look_into(stored, given["template"])
        except DomainError as error:
            return self._unreadable(request, stored, given, str(error.message))
        form = MappingForm(request.POST or None, headers=preview.headers)
        refusal, earlier = "", None
        if request.method == "POST" and form.is_valid():
            try:
                return self._started(request, stored, given, form.mapping)
            except AlreadyImported as error:
                refusal, earlier = str(error.message), error.batch
            except DomainError as error:
                refusal = str(error.message)
        context = self._columns(preview, form, stored, given)
        context |= {"refusal": refusal, "earlier": self._batch_address(earlier)}
        return self._import_page(request, "coupons/importing/columns.html", context, form=form)

    def _columns(
        self, preview: Preview, form: MappingForm, stored: StoredFile, given: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "title": _("Columns of the file"),
            "stored": stored,
            "preview": preview,
            "chosen": given,
            "is_whole": given["policy"] == ALL_OR_NOTHING,
            "form": form,
            "columns": [
                {"header": each, "field": form.of_header(each), "cells": _cells(preview, place)}
                for place, each in enumerate(preview.headers)
            ],
            "upload_address": f"{self._page_at('import')}?template={given['template'].pk}",
        }

    def _started(
        self, request: HttpRequest, stored: StoredFile, given: dict[str, Any], mapping: Any
    ) -> HttpResponse:
        job = start_import(
            actor=_who(request), stored=stored, template=given["template"], mapping=mapping,
            name=given["name"], all_or_nothing=given["policy"] == ALL_OR_NOTHING,
        )  # fmt: skip
        return HttpResponseRedirect(self._job_address(job))

    def _unreadable(
        self, request: HttpRequest, stored: StoredFile, given: dict[str, Any], refusal: str
    ) -> HttpResponse:
        """Nobody can do anything with it: it goes at once."""
        remove(stored)
        context = {
            "title": _("The file cannot be imported"),
            "stored": stored,
            "refusal": refusal,
            "upload_address": f"{self._page_at('import')}?template={given['template'].pk}",
        }
        return self._import_page(request, "coupons/importing/refused.html", context, status=400)

    def _gone(self, request: HttpRequest, stored: StoredFile) -> HttpResponse:
        """Loaded already, most likely: back or reload leads to how that went."""
        job = Job.objects.filter(params__file=str(stored.uid), created_by=_who(request)).first()
        if job is None:
            return HttpResponseRedirect(self._page_at("import"))
        return HttpResponseRedirect(self._job_address(job))

    def _own_file(self, request: HttpRequest, uid: UUID) -> StoredFile:
        stored = StoredFile.objects.filter(uid=uid, created_by=_who(request)).first()
        if stored is None:
            raise Http404
        return stored

    def _templates(self) -> dict[str, Any]:
        lists = f"{self.admin_site.name}:coupons_coupontemplate_changelist"
        return {
            "has_templates": published_templates().exists(), "templates_address": reverse(lists)
        }  # fmt: skip

    def _job_address(self, job: Job) -> str:
        return reverse(f"{self.admin_site.name}:intake_job_change", args=[job.pk])

    # --- both ---------------------------------------------------------------------------------
    def _page_at(self, page: str, *args: Any) -> str:
        return reverse(f"{self.admin_site.name}:coupons_batch_{page}", args=args)

    def _batch_address(self, batch: Batch | None) -> str:
        return self._page_at("change", batch.pk) if batch is not None else ""

    def _import_page(
        self, request: HttpRequest, template: str, context: dict[str, Any],
        form: Any = None, status: int = 0,
    ) -> HttpResponse:  # fmt: skip
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        is_bad = (form is not None and form.is_bound and not form.is_valid()) or context.get(
            "refusal"
        )
        return TemplateResponse(request, template, whole, status=status or (400 if is_bad else 200))


def _who(request: HttpRequest) -> Any:
    return request.user


def may_import(request: HttpRequest) -> bool:
    return request.user.has_perm(IMPORT_PERMISSION)  # type: ignore[union-attr]


def require_import(request: HttpRequest) -> None:
    if not may_import(request):
        raise PermissionDenied


def _cells(preview: Preview, place: int) -> list[str]:
    return [cells[place] for _row, cells in preview.lines]
