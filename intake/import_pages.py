"""The page that takes a file for a job; the job's own page tells the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldBooleanSwitchWidget

from audit.errors import DomainError

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from intake.columns import Column
    from intake.models import Job
    from operators.admin_base import ModelAdmin


def file_field(help_text: StrOrPromise) -> forms.FileField:
    return forms.FileField(
        label=gettext_lazy("File"), help_text=help_text,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx", "class": "fx-file"}),
        error_messages={"empty": gettext_lazy("The file is empty. Choose another one.")},
    )  # fmt: skip


def dry_run_field(help_text: StrOrPromise) -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("Only check the file"), help_text=help_text, required=False,
        widget=UnfoldBooleanSwitchWidget,
    )  # fmt: skip


def import_page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    form_class: type[forms.Form],
    columns: Sequence[Column],
    start: Callable[..., Job],
    template: str = "intake/import_page.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """``start`` is given what the form holds. Who may see the page is for the caller to say;
    ``context`` may name the address to go ``back`` to."""
    form = form_class(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = start(**form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error.message))
        else:
            address = reverse(f"{model_admin.admin_site.name}:intake_job_change", args=[job.pk])
            return HttpResponseRedirect(address)
    shown = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "form": form,
        "columns": [(column, "、".join(column.headers)) for column in columns],
        "most_bytes": settings.UPLOAD_MAX_BYTES,
        "too_large": _("The file is too large: at most %(most)s are accepted. Split it.")
        % {"most": filesizeformat(settings.UPLOAD_MAX_BYTES)},
        **(context or {}),
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    return TemplateResponse(request, template, shown, status=status)
