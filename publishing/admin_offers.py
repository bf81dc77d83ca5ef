"""A bank's page of what the province offers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from audit.errors import DomainError
from operators.admin_base import Tab, display
from operators.sites import bank_site
from publishing import differences, registry
from publishing.admin_pages import ContentKindFilter, ReadOnlyAdmin, posted_text
from publishing.choices import OfferState, Stage
from publishing.histories import LABELS as STAGE_LABELS
from publishing.models import ReceivedOffer
from publishing.offers import receiving
from publishing.stages import with_stage

COLOURS = {
    OfferState.WAITING: "warning",
    OfferState.ACCEPTED: "success",
    OfferState.DECLINED: "default",
}


@admin.register(ReceivedOffer, site=bank_site)
class ReceivedOfferAdmin(ReadOnlyAdmin):
    list_display = (
        "title", "shown_kind", "shown_state", "offered_by", "offered_at", "answered_by",
        "answered_at",
    )  # fmt: skip
    list_filter = (ContentKindFilter, "offered_at")
    list_select_related = ("answered_by",)
    search_fields = ("title", "note")
    empty_hint = gettext_lazy("What the province offers your bank appears here.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        states = [
            Tab(state, OfferState(state).label, Q(state=state)) for state in OfferState.values
        ]
        return (*states, Tab("all", _("all")))

    @display(description=gettext_lazy("kind"), ordering="kind")
    def shown_kind(self, offer: ReceivedOffer) -> Any:
        return registry.get(offer.kind).label

    @display(description=gettext_lazy("state"), ordering="state", label=COLOURS)
    def shown_state(self, offer: ReceivedOffer) -> tuple[str, Any]:
        return offer.state, offer.get_state_display()

    # --- one offer
    def show(self, request: HttpRequest, found: ReceivedOffer, refusal: str = "") -> HttpResponse:
        waiting = found.state == OfferState.WAITING
        hint = receiving.refusal_to_answer(request.user) if waiting else ""  # type: ignore[arg-type]
        return self.page(
            request,
            "publishing/offers/received.html",
            original=found,
            title=found.title,
            offer=found,
            kind_label=registry.get(found.kind).label,
            colour=COLOURS[OfferState(found.state)],
            lines=differences.rows(None, found.content["envelope"]),
            refusal=refusal,
            hint=hint,
            may_answer=waiting and not hint,
            made=self._made(found),
        )

    def _made(self, found: ReceivedOffer) -> dict[str, Any] | None:
        """The draft that was made of it, and where that stands."""
        if found.draft_uid is None:
            return None
        kind = registry.get(found.kind)
        drafts = kind.model._default_manager.filter(uid=found.draft_uid)
        draft: Any = with_stage(drafts, kind, timezone.now()).first()
        if draft is None:
            return {"address": "", "stage": ""}
        stage = Stage(draft.stage)
        return {
            "address": reverse(f"{self.admin_site.name}:{kind.change_view}", args=[draft.pk]),
            "stage": stage.label,
            "colour": STAGE_LABELS.get(stage, ""),
        }

    # --- answers
    def get_urls(self) -> list[Any]:
        verbs = [("accept", self._accept), ("decline", self._decline)]
        own = [
            path(
                f"<int:offer_id>/{name}/",
                self.admin_site.admin_view(require_POST(self._verb_view(verb))),
                name=f"publishing_receivedoffer_{name}",
            )
            for name, verb in verbs
        ]
        return [*own, *super().get_urls()]

    def _verb_view(self, verb: Callable[..., str]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, offer_id: int) -> HttpResponse:
            found = self.get_object(request, str(offer_id))
            if found is None or not self.has_view_permission(request, found):
                raise PermissionDenied
            try:
                return HttpResponseRedirect(verb(request, found))
            except DomainError as error:
                response = self.show(request, found, refusal=str(error.message))
                response.status_code = error.http_status
                return response

        return view

    def _accept(self, request: HttpRequest, found: ReceivedOffer) -> str:
        draft = receiving.accept_offer(actor=request.user, received_id=found.pk)  # type: ignore[arg-type]
        if draft is None:
            messages.warning(request, _("The draft that was made of it has been deleted."))
            return self._here(found)
        messages.success(request, _("This is your draft now. Change it, and submit it for review."))
        kind = registry.get(found.kind)
        return reverse(f"{self.admin_site.name}:{kind.change_view}", args=[draft.pk])

    def _decline(self, request: HttpRequest, found: ReceivedOffer) -> str:
        receiving.decline_offer(
            actor=request.user,  # type: ignore[arg-type]
            received_id=found.pk,
            reason=posted_text(request, "reason"),
        )
        messages.success(request, _("Not used; the province reads your reason."))
        return self._here(found)

    def _here(self, found: ReceivedOffer) -> str:
        return reverse(f"{self.admin_site.name}:publishing_receivedoffer_change", args=[found.pk])
