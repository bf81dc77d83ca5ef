"""Background jobs in both consoles, and the files that wait to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from intake import stored_files
from intake.choices import OPEN_JOBS, JobState
from intake.jobs import Link, Outcome, cancel_job, job_kind, job_kinds, visible_to
from intake.models import Job
from intake.progress import standing_of
from intake.showing import fetchable
from operators.admin_base import KindFilter, ModelAdmin, Tab, display
from operators.errors import NotAllowed
from operators.sites import bank_site, platform_site

LABELS = {
    JobState.QUEUED.value: "info",
    JobState.RUNNING.value: "info",
    JobState.DONE.value: "success",
    JobState.FAILED.value: "danger",
    JobState.CANCELLED.value: "",
}


class JobKindFilter(KindFilter):
    kinds = staticmethod(job_kinds)


@admin.register(Job, site=bank_site)
@admin.register(Job, site=platform_site)
class JobAdmin(ModelAdmin):
    list_display = (
        "title", "shown_kind", "shown_state", "shown_progress", "created_by", "created_at",
        "shown_elapsed",
    )  # fmt: skip
    list_filter = (JobKindFilter, "created_at")
    search_fields = ("title__startswith",)
    search_help_text = gettext_lazy("Beginning of the title")
    list_select_related = ("created_by",)
    sortable_by = ()
    empty_hint = gettext_lazy("Imports, exports and other long work of yours appear here.")

    class Media:
        css = {"all": ("console/jobs.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return visible_to(request.user, super().get_queryset(request))  # type: ignore[arg-type]

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        return (
            Tab("all", _("all")),
            Tab("open", _("at work"), Q(state__in=OPEN_JOBS)),
            Tab("failed", _("failed jobs"), Q(state=JobState.FAILED)),
            Tab("mine", _("begun by me"), Q(created_by=request.user)),
        )

    # --- columns ------------------------------------------------------------------------------
    @display(description=gettext_lazy("kind"))
    def shown_kind(self, job: Job) -> str:
        kind = job_kind(job.kind)
        return str(kind.label) if kind is not None else job.kind

    @display(description=gettext_lazy("state"), label=LABELS)
    def shown_state(self, job: Job) -> tuple[str, Any]:
        return job.state, job.get_state_display()

    @display(description=gettext_lazy("progress"))
    def shown_progress(self, job: Job) -> str:
        if job.state == JobState.FAILED:
            return job.error
        if job.total:
            return f"{job.done:,} / {job.total:,}"
        return f"{job.done:,}" if job.done else "—"

    @display(description=gettext_lazy("time taken"))
    def shown_elapsed(self, job: Job) -> str:
        return standing_of(job, timezone.now()).elapsed

    # --- pages --------------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("files/<uuid:uid>/", guard(require_safe(self.file_view)), name="intake_file"),
            path(
                "<int:job_id>/status/", guard(require_safe(self.status_view)),
                name="intake_job_status",
            ),
            path(
                "<int:job_id>/cancel/", guard(require_POST(self.cancel_view)),
                name="intake_job_cancel",
            ),
            *super().get_urls(),
        ]  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return require_safe(self._show)(request, found)

    def _show(self, request: HttpRequest, job: Job) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": job,
            "title": job.title,
            "is_fullwidth": "1",
            **self._context(request, job),
        }
        return TemplateResponse(request, "intake/job.html", context)

    def _context(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        now = timezone.now()
        return {
            "job": job,
            "kind_label": self.shown_kind(job),
            "state_label": LABELS.get(job.state, ""),
            "standing": standing_of(job, now),
            "outcome": self._outcome(request, job, now),
            "list_address": reverse(f"{self.admin_site.name}:intake_job_changelist"),
        }

    def _outcome(self, request: HttpRequest, job: Job, now: datetime) -> dict[str, Any]:
        kind = job_kind(job.kind)
        shown = kind.show(job) if kind is not None and not standing_of(job, now).is_open else None
        found = shown or Outcome()
        links = [(link.label, self._address_of(link)) for link in found.links]
        return {
            "facts": found.facts,
            "note": found.note,
            "came_back": found.came_back,
            "links": [(label, address) for label, address in links if address],
            "files": fetchable(request, self.admin_site.name, found.files),
        }

    def _address_of(self, link: Link) -> str:
        args = [] if link.pk is None else [link.pk]
        try:
            return reverse(f"{self.admin_site.name}:{link.view}", args=args)
        except NoReverseMatch:
            return ""

    def status_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """What a page that waits asks for again and again."""
        job = self._job(request, job_id)
        response = render(request, "intake/job_status.html", self._context(request, job))
        response.headers["Cache-Control"] = "no-store"
        return response

    def cancel_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = self._job(request, job_id)
        operator: Any = request.user
        try:
            cancel_job(actor=operator, job=job)
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Cancelled. What was half done is undone."))
        return HttpResponseRedirect(
            reverse(f"{self.admin_site.name}:intake_job_change", args=[job.pk])
        )

    def _job(self, request: HttpRequest, job_id: int) -> Job:
        job = self.get_object(request, str(job_id))
        if job is None or not self.has_view_permission(request, job):
            raise Http404
        return job

    def file_view(self, request: HttpRequest, uid: UUID) -> HttpResponseBase:
        """To whom it belongs or who holds its permission; nobody else learns that it is there."""
        operator: Any = request.user
        try:
            stored = stored_files.fetch_file(actor=operator, uid=uid)
            file = stored_files.opened(stored)
        except NotAllowed as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:intake_job_changelist"))
        headers = {"Content-Length": str(stored.size), "Cache-Control": "no-store"}
        return FileResponse(
            file, as_attachment=True, filename=stored.name, headers=headers,
            content_type="application/octet-stream",
        )  # fmt: skip
