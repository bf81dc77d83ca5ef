from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from approvals import querysets, registry, services
from approvals.choices import RequestStatus
from approvals.models import Request
from approvals.reviews import LABELS, Review, review_of
from audit.errors import DomainError
from operators.admin_base import KindFilter, ModelAdmin, Tab, display
from operators.sites import bank_site, platform_site


class RequestKindFilter(KindFilter):
    kinds = staticmethod(registry.kinds)


@admin.register(Request, site=bank_site)
@admin.register(Request, site=platform_site)
class RequestAdmin(ModelAdmin):
    list_display = (
        "title", "shown_kind", "maker_name", "shown_branch", "submitted_at", "expires_at",
        "shown_status",
    )  # fmt: skip
    list_filter = (RequestKindFilter, "status", "submitted_at")
    search_fields = ("title", "maker_name")
    branch_lookup = "branch_path"
    empty_hint = gettext_lazy("Changes that need a second person appear here once submitted.")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        operator: Any = request.user
        at = timezone.now()
        return (
            Tab("waiting", _("waiting for my review"), querysets.is_waiting_for(operator, at)),
            Tab("mine", _("submitted by me"), querysets.Q(maker=operator)),
            Tab("sent_back", _("sent back"), querysets.is_sent_back_to(operator)),
            Tab("expiring", _("expiring soon"), querysets.is_expiring(at)),
            Tab("all", _("all")),
        )

    @display(description=gettext_lazy("kind"), ordering="kind")
    def shown_kind(self, request: Request) -> Any:
        return registry.get(request.kind).label

    @display(description=gettext_lazy("branch"), ordering="branch_path")
    def shown_branch(self, request: Request) -> str:
        return request.branch_name or _("whole bank")

    @display(description=gettext_lazy("status"), ordering="status", label=LABELS)
    def shown_status(self, request: Request) -> tuple[str, Any]:
        if request.is_overdue(timezone.now()):
            return RequestStatus.EXPIRED, RequestStatus.EXPIRED.label
        return request.status, request.get_status_display()

    # --- the review page --------------------------------------------------------------------------
    def get_urls(self) -> list[Any]:
        verbs = [
            ("approve", self._approve, gettext_lazy("Approved.")),
            ("send-back", self._send_back, gettext_lazy("Sent back to the maker.")),
            ("withdraw", self._withdraw, gettext_lazy("Withdrawn.")),
            ("rebase", self._rebase, gettext_lazy("Submitted again, upon what is live now.")),
        ]
        own = [
            path(
                f"<int:request_id>/{name}/",
                self.admin_site.admin_view(require_POST(self._verb_view(verb, done))),
                name=f"approvals_request_{name.replace('-', '_')}",
            )
            for name, verb, done in verbs
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return require_safe(self._show)(request, found)

    def _show(self, request: HttpRequest, found: Request, refusal: str = "") -> HttpResponse:
        review = review_of(found, request.user, timezone.now())  # type: ignore[arg-type]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": found,
            "title": found.title,
            "review": review,
            "refusal": refusal,
            "is_fullwidth": "1",
            "target_address": self._target_address(review),
        }
        return TemplateResponse(request, "approvals/review.html", context)

    def _target_address(self, review: Review) -> str:
        view, pk = review.extra.get("target_view"), review.extra.get("target_pk")
        if not view or pk is None:
            return ""
        try:
            return reverse(f"{self.admin_site.name}:{view}", args=[pk])
        except NoReverseMatch:
            return ""

    # --- verbs ------------------------------------------------------------------------------------
    def _verb_view(self, verb: Callable[..., Request], done: Any) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, request_id: int) -> HttpResponse:
            try:
                answered = verb(request, request_id)
            except DomainError as error:
                return self._refused(request, request_id, error)
            messages.success(request, done)
            return HttpResponseRedirect(self._address(answered))

        return view

    def _address(self, found: Request) -> str:
        return reverse(f"{self.admin_site.name}:approvals_request_change", args=[found.pk])

    def _refused(self, request: HttpRequest, request_id: int, error: DomainError) -> HttpResponse:
        """The same page with the sentence above it; the sentence alone where the page is hidden."""
        found = self.get_object(request, str(request_id))
        if found is not None and self.has_view_permission(request, found):
            response = self._show(request, found, refusal=str(error.message))
        elif error.http_status == 404:
            raise Http404(str(error.message))
        else:
            context = {**self.admin_site.each_context(request), "opts": self.opts}
            context |= {"title": _("Not possible"), "refusal": str(error.message)}
            response = TemplateResponse(request, "approvals/refused.html", context)
        response.status_code = error.http_status
        return response

    @staticmethod
    def _approve(request: HttpRequest, request_id: int) -> Request:
        return services.approve_request(
            actor=request.user,  # type: ignore[arg-type]
            request_id=request_id,
            comment=_comment(request),
            confirmed=request.POST.getlist("confirmed"),
        )

    @staticmethod
    def _send_back(request: HttpRequest, request_id: int) -> Request:
        return services.send_back_request(
            actor=request.user,  # type: ignore[arg-type]
            request_id=request_id,
            comment=_comment(request),
        )

    @staticmethod
    def _withdraw(request: HttpRequest, request_id: int) -> Request:
        return services.withdraw_request(
            actor=request.user,  # type: ignore[arg-type]
            request_id=request_id,
            reason=_comment(request),
        )

    @staticmethod
    def _rebase(request: HttpRequest, request_id: int) -> Request:
        return services.rebase_request(
            actor=request.user,  # type: ignore[arg-type]
            request_id=request_id,
        )


def _comment(request: HttpRequest) -> str:
    return request.POST.get("comment", "").replace("\x00", "").strip()[:2000]
