"""The page of one application and what can be done on it, in both consoles."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from openapi_gateway.access import attachments, reviews, services
from openapi_gateway.access.errors import BadAttachment, UnknownApplication
from openapi_gateway.access.models import Application
from openapi_gateway.access.showing import expires_soon, shown_application

NAME = "gateway_access_application"
Verb = Callable[[HttpRequest, int], Any]


class ApplicationPages:
    """For the admins of both consoles; ``get_queryset`` says which applications there are."""

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path(
                f"<int:pk>/{verb.replace('_', '-')}/",
                guard(require_POST(self._verb_view(act, done))), name=f"{NAME}_{verb}",
            )
            for verb, (act, done) in self.verbs.items()
        ]  # fmt: skip
        file = path(
            "<int:pk>/files/<uuid:uid>/", guard(require_safe(self.file_view)), name=f"{NAME}_file"
        )
        return [*own, file, *super().get_urls()]  # type: ignore[misc]

    @property
    def verbs(self) -> dict[str, tuple[Verb, Any]]:
        return {"comment": (_comment, _("Your comment is in the history."))}

    # --- the page ---------------------------------------------------------------------------------
    def show(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):  # type: ignore[attr-defined]
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            **self.page_context(request, found),
            "opts": self.opts,  # type: ignore[attr-defined]
            "original": found,
            "title": str(found.client),
            "is_fullwidth": "1",
        }
        return TemplateResponse(request, "gateway/access/application.html", context)

    def page_context(self, request: HttpRequest, found: Application) -> dict[str, Any]:
        operator: Any = request.user
        at = timezone.now()
        shown = shown_application(found, operator, at)
        return {
            "shown": shown,
            "application": found,
            "expires_soon": expires_soon(shown, at),
            "on_platform": self.admin_site.name == "platform",  # type: ignore[attr-defined]
            "grant_address": self._grant_address(found),
            "most_files": attachments.MOST_FILES,
        }

    def _grant_address(self, found: Application) -> str:
        grant = getattr(found, "grant", None)
        if grant is None:
            return ""
        try:
            site = self.admin_site.name  # type: ignore[attr-defined]
            return reverse(f"{site}:gateway_access_grant_change", args=[grant.pk])
        except NoReverseMatch:
            return ""

    # --- verbs ------------------------------------------------------------------------------------
    def _verb_view(self, act: Verb, done: Any) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            self.seen(request, pk)
            try:
                act(request, pk)
            except UnknownApplication as error:
                raise Http404 from error
            except DomainError as error:
                for sentence in _sentences(error):
                    messages.error(request, sentence)
            else:
                messages.success(request, done)
            return HttpResponseRedirect(self.address(pk))

        return view

    def seen(self, request: HttpRequest, pk: int) -> Application:
        """Another bank's application is not there."""
        found: Application | None = self.get_object(request, str(pk))  # type: ignore[attr-defined]
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):  # type: ignore[attr-defined]
            raise PermissionDenied
        return found

    def address(self, pk: int) -> str:
        return reverse(f"{self.admin_site.name}:{NAME}_change", args=[pk])  # type: ignore[attr-defined]

    def file_view(self, request: HttpRequest, pk: int, uid: UUID) -> HttpResponseBase:
        found = self.seen(request, pk)
        try:
            file = attachments.fetch_attachment(
                actor=request.user, application=found.pk, uid=uid  # type: ignore[arg-type]
            )  # fmt: skip
        except UnknownApplication as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, str(error.message))
            return HttpResponseRedirect(self.address(pk))
        # Never opened in the console's own origin, whatever it is.
        return FileResponse(
            BytesIO(file.content), as_attachment=True, filename=file.name,
            content_type="application/octet-stream", headers={"Cache-Control": "no-store"},
        )  # fmt: skip


def _sentences(error: DomainError) -> list[str]:
    problems = getattr(error, "problems", None)
    if problems is None:
        return [str(error.message)]
    return list(dict.fromkeys(str(sentence) for _field, sentence in problems))


def _comment(request: HttpRequest, pk: int) -> Any:
    return services.comment_on(actor=_actor(request), application=pk, text=_text(request, "text"))


def submit(request: HttpRequest, pk: int) -> Any:
    return services.submit_application(actor=_actor(request), application=pk)


def withdraw(request: HttpRequest, pk: int) -> Any:
    return services.withdraw_application(
        actor=_actor(request), application=pk, reason=_text(request, "comment")
    )


def attach(request: HttpRequest, pk: int) -> Any:
    file = request.FILES.get("file")
    if file is None:
        raise BadAttachment(_("Choose a file first."))
    return attachments.add_attachment(
        actor=_actor(request), application=pk, file=file,  # type: ignore[arg-type]
        name=file.name or "", size=file.size or 0,
        is_risk_assessment=request.POST.get("is_risk_assessment") == "on",
    )  # fmt: skip


def detach(request: HttpRequest, pk: int) -> Any:
    try:
        uid = UUID(request.POST.get("uid", ""))
    except ValueError as error:
        raise Http404 from error
    return attachments.remove_attachment(actor=_actor(request), application=pk, uid=uid)


def take_up(request: HttpRequest, pk: int) -> Any:
    return reviews.take_up(actor=_actor(request), application=pk)


def decide(request: HttpRequest, pk: int) -> Any:
    return reviews.decide(
        actor=_actor(request), application=pk, step=request.POST.get("step", ""),
        verdict=request.POST.get("verdict", ""), comment=_text(request, "comment"),
    )  # fmt: skip


def _actor(request: HttpRequest) -> Any:
    return request.user


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "")
