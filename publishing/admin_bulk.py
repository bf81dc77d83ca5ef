"""What may be done with several rows of a list at once: ask to take them down, take them down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.wording import moment
from audit.errors import DomainError
from operators.admin_base import success_with_undo
from publishing import registry, takedowns, withdrawals
from publishing.admin_pages import posted_text
from publishing.admin_takedowns import undo_address
from publishing.models import Publication
from publishing.selections import Chosen, Selection

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class _Step:
    """One verb on several rows: first what it would do, then, confirmed, what it does."""

    name: str
    title: str | Promise
    explanation: str | Promise
    field: str
    field_label: str | Promise
    required: bool
    tone: str
    preview: Callable[..., Selection]


_ASK = _Step(
    "request_withdrawals",
    gettext_lazy("Ask to take down"),
    gettext_lazy("All of these in one request; customers see them until a second person agrees."),
    "note", gettext_lazy("Note to the checker"), False, "fx-primary",
    withdrawals.preview_withdrawals,
)  # fmt: skip
_TAKE_DOWN = _Step(
    "withdraw_several_now",
    gettext_lazy("Take down at once"),
    gettext_lazy(
        "For emergencies: customers stop seeing these within a second. A second person reviews it"
        " afterwards, piece by piece."
    ),
    "reason", gettext_lazy("Reason"), True, "fx-danger", takedowns.preview_takedowns,
)  # fmt: skip


class BulkLifeMixin:
    """For the admin of a Publishable, or of publications; before ModelAdmin among the bases."""

    actions: Sequence[str] = ("request_withdrawals", "withdraw_several_now")

    def chosen_pieces(self, queryset: Any) -> list[Chosen]:
        """(kind, id) of the rows that the operator ticked."""
        if self.model is Publication:  # type: ignore[attr-defined]
            return list(queryset.order_by().values_list("kind", "target_id").distinct())
        kind = registry.of_draft(self.model)  # type: ignore[attr-defined]
        return [(kind.name, uid) for uid in queryset.values_list("uid", flat=True)]

    def has_bulk_withdrawal_permission(self, request: HttpRequest) -> bool:
        kinds = (
            registry.kinds()
            if self.model is Publication  # type: ignore[attr-defined]
            else [registry.of_draft(self.model)]  # type: ignore[attr-defined]
        )
        user: Any = request.user
        return any(user.has_perm(kind.change_permission) for kind in kinds)

    def has_bulk_takedown_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(takedowns.PERMISSION)  # type: ignore[union-attr]

    @admin.action(description=gettext_lazy("Ask to take down"), permissions=["bulk_withdrawal"])
    def request_withdrawals(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._step(request, queryset, _ASK, self._ask)

    @admin.action(description=gettext_lazy("Take down at once"), permissions=["bulk_takedown"])
    def withdraw_several_now(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self._step(request, queryset, _TAKE_DOWN, self._take_down)

    def _step(
        self, request: HttpRequest, queryset: Any, step: _Step, verb: Callable[..., None]
    ) -> HttpResponse | None:
        pieces, refusal = self.chosen_pieces(queryset), ""
        if "confirmed" in request.POST:
            try:
                verb(request, pieces)
            except DomainError as error:
                refusal = str(error.message)
            else:
                return HttpResponseRedirect(request.get_full_path())
        try:
            selection = step.preview(actor=request.user, targets=pieces)
        except DomainError as error:
            messages.error(request, str(error.message))
            return None
        return self._page(request, step, selection, refusal)

    def _ask(self, request: HttpRequest, pieces: list[Chosen]) -> None:
        asked = withdrawals.request_withdrawals(
            actor=request.user,  # type: ignore[arg-type]
            targets=pieces,
            note=posted_text(request, "note"),
        )
        site = self.admin_site.name  # type: ignore[attr-defined]
        count = len(asked.payload["items"])
        success_with_undo(
            request,
            _("%(count)d submitted in one request; a checker will decide.") % {"count": count},
            reverse(f"{site}:approvals_request_withdraw", args=[asked.pk]),
        )

    def _take_down(self, request: HttpRequest, pieces: list[Chosen]) -> None:
        done = takedowns.withdraw_several_now(
            actor=request.user,  # type: ignore[arg-type]
            targets=pieces,
            reason=posted_text(request, "reason"),
        )
        success_with_undo(
            request,
            _("%(count)d taken down; a second person reviews it.") % {"count": len(done.requests)},
            undo_address(self.admin_site.name, done.requests),  # type: ignore[attr-defined]
        )

    def _page(
        self, request: HttpRequest, step: _Step, selection: Selection, refusal: str
    ) -> HttpResponse:
        opts, site = self.model._meta, self.admin_site  # type: ignore[attr-defined]
        context = {
            **site.each_context(request),
            "opts": opts,
            "title": step.title,
            "step": step,
            "refusal": refusal,
            "rows": [_row(publication) for publication in selection.taken],
            "skipped": selection.skipped,
            "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "tick_name": ACTION_CHECKBOX_NAME,
            "across": request.POST.get("select_across", "0"),
            "written": posted_text(request, step.field),
            "back": request.get_full_path(),
        }
        return TemplateResponse(
            request, "publishing/bulk.html", context, status=400 if refusal else 200
        )


def _row(publication: Publication) -> dict[str, Any]:
    return {
        "title": publication.title,
        "kind": registry.get(publication.kind).label,
        "version": publication.version,
        "branch": publication.branch_name or _("whole bank"),
        "starts": moment(publication.starts_at, ""),
        "ends": moment(publication.ends_at, _("until withdrawn")),
    }
