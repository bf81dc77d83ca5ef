"""The pages of emergency take-downs: those that wait for a second person, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from operators.admin_base import success_with_undo
from publishing import takedown_cases, takedowns

if TYPE_CHECKING:
    from approvals.models import Request
    from operators.models import Operator
    from publishing.models import Publication

LIST, UNDO = "publishing_publication_takedowns", "publishing_publication_undo_takedown"
PER_PAGE = 20


def list_address(site: str) -> str:
    return reverse(f"{site}:{LIST}")


def undo_address(site: str, requests: Iterable[Request]) -> str:
    asked = "&".join(f"request={request.pk}" for request in requests)
    return f"{reverse(f'{site}:{UNDO}')}?{asked}"


def said_taken_down(request: HttpRequest, site: str, publication: Publication) -> None:
    """Tells the operator what happens now, and offers the way back."""
    case = takedown_cases.case_of(publication, timezone.now())
    assert case is not None
    success_with_undo(
        request, _("Taken down; a second person reviews it."), undo_address(site, [case.request])
    )


def notice_of(
    case: takedown_cases.Case | None, operator: Operator, site: str
) -> dict[str, Any] | None:
    """What templates/publishing/takedown_notice.html shows on the page of a piece of content."""
    if case is None:
        return None
    review = reverse(f"{site}:approvals_request_change", args=[case.request.pk])
    undo = undo_address(site, [case.request]) if case.may_be_undone_by(operator) else ""
    return {"case": case, "review": review, "undo": undo}


class TakedownPagesMixin:
    """For the admin of publications."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        own = [
            path("takedowns/", view(require_safe(self.takedowns_view)), name=LIST),
            path("takedowns/undo/", view(require_POST(self.undo_takedown_view)), name=UNDO),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def takedowns_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        at = timezone.now()
        operator: Any = request.user
        found = takedown_cases.in_scope_of(operator)
        conditions = {
            "waiting": (_("waiting for review"), takedown_cases.is_waiting(at)),
            "unreviewed": (
                _("not reviewed"),
                takedown_cases.is_unreviewed() | Q(status="pending", expires_at__lte=at),
            ),
            "all": (_("all"), Q()),
        }
        tab = request.GET.get("tab", "")
        tab = tab if tab in conditions else "waiting"
        rows = found.filter(conditions[tab][1]).order_by("-submitted_at", "-pk")
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        cases = takedown_cases.cases_of(page, at)
        return self.page(  # type: ignore[attr-defined]
            request,
            "publishing/takedowns.html",
            title=_("Emergency take-downs to review"),
            tabs=[
                (name, label, found.filter(condition).count(), name == tab)
                for name, (label, condition) in conditions.items()
            ],
            tab=tab,
            shown=page,
            rows=[self.takedown_notice(case, operator) for case in cases],
        )

    def takedown_notice(self, case: takedown_cases.Case | None, operator: Operator) -> Any:
        return notice_of(case, operator, self.admin_site.name)  # type: ignore[attr-defined]

    def undo_takedown_view(self, request: HttpRequest) -> HttpResponse:
        """Of one or several, by whoever took them down."""
        for key in request.GET.getlist("request"):
            if key.isascii() and key.isdigit():
                self._undo(request, int(key))
        return HttpResponseRedirect(
            f"{list_address(self.admin_site.name)}?tab=all"  # type: ignore[attr-defined]
        )

    def _undo(self, request: HttpRequest, request_id: int) -> None:
        try:
            undone = takedowns.undo_takedown(
                actor=request.user,  # type: ignore[arg-type]
                request_id=request_id,
            )
        except DomainError as error:
            messages.error(request, str(error.message))
            return
        [case] = takedown_cases.cases_of([undone], timezone.now())
        if case.restored is None:
            messages.warning(request, f"{undone.title}: {case.why_not}")
        else:
            messages.success(
                request, _("“%(title)s” is back for customers.") % {"title": undone.title}
            )
