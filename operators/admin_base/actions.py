"""Actions of the consoles: always behind a permission, always confirmed in a dialog by POST."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action as unfold_action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.errors import DomainError

VARIANTS = {variant.value: variant for variant in ActionVariant}


class DialogForm(BaseDialogForm):
    """Base of the forms inside action dialogs."""


class ReasonForm(DialogForm):
    """A dialog that asks why; the reason goes into the audit trail."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


def action(
    *,
    description: str | Promise,
    permissions: list[str],
    title: str | Promise = "",
    explanation: str | Promise = "",
    form_class: type[BaseDialogForm] = DialogForm,
    submit_text: str | Promise = "",
    icon: str | None = None,
    variant: str = "default",
    url_path: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Unfold's action, made safe: the function gets ``(request, form, object_id=…)`` after a
    confirmed POST, and may raise a DomainError, which is shown in the dialog. What it returns is a
    redirect, or None for the page the operator came from.
    """
    dialog = {
        "title": title or description,
        "description": explanation,
        "form_class": form_class,
        "form_submit_text": submit_text or description,
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(
            model_admin: Any, request: HttpRequest, form: Any, *args: Any, **kwargs: Any
        ) -> Any:
            try:
                response = function(model_admin, request, form, *args, **kwargs)
            except DomainError as error:
                # One line for each thing that is wrong.
                form.add_error(None, str(error.message).splitlines())
                return _show_again(request, dialog, form)
            return response or HttpResponseRedirect(way_back(model_admin, request, kwargs))

        return unfold_action(
            permissions=permissions,
            description=description,
            url_path=url_path,
            icon=icon,
            variant=VARIANTS[variant],
            dialog=dialog,
        )(run)

    return decorate


def _show_again(request: HttpRequest, dialog: dict[str, Any], form: Any) -> HttpResponse:
    context = {"dialog": dialog, "form": form, "form_submit_text": dialog["form_submit_text"]}
    return render(request, "unfold/helpers/dialog.html", context)


def way_back(model_admin: Any, request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """The row's page for an action on a row the operator may still see, else the list."""
    opts, site = model_admin.opts, model_admin.admin_site.name
    object_id = kwargs.get("object_id")
    if object_id and model_admin.get_object(request, object_id) is not None:
        return reverse(f"{site}:{opts.app_label}_{opts.model_name}_change", args=[object_id])
    return reverse(f"{site}:{opts.app_label}_{opts.model_name}_changelist")


def guarded(model_admin: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    """Around every Unfold action: rows outside the operator's scope do not exist, refusals are
    shown, and a redirect leaves the dialog."""

    @wraps(method)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        object_id = kwargs.get("object_id")
        if object_id is not None and model_admin.get_object(request, object_id) is None:
            raise Http404
        try:
            response = method(request, *args, **kwargs)
        except DomainError as error:
            messages.error(request, str(error.message))
            response = HttpResponseRedirect(way_back(model_admin, request, kwargs))
        if isinstance(response, HttpResponseRedirect) and request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": response.url})
        return response

    return run
