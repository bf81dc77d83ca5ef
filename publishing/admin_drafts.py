"""What the admin pages of all kinds of drafts share: stages in the list, the buttons above a draft,
where it stands. The room names the services of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import services as approvals
from approvals.models import Request
from operators.admin_base import DialogForm, ReasonForm, Tab, action, display
from publishing import registry
from publishing import services as publishing
from publishing.admin_bulk import BulkLifeMixin
from publishing.admin_draft_forms import DraftVerbs
from publishing.admin_offering import OfferMixin
from publishing.admin_takedowns import notice_of, said_taken_down
from publishing.choices import RequestKind, Stage
from publishing.compliance import gate
from publishing.dialogs import KNOWN_DRAFTS, NoteForm, RollBackForm
from publishing.models import Publication
from publishing.stages import REACHING_CUSTOMERS, stage_condition
from publishing.takedown_cases import case_of

STAGE_COLOURS = {
    Stage.LIVE: "success",
    Stage.SCHEDULED: "info",
    Stage.IN_REVIEW: "warning",
    Stage.WITHDRAWN: "danger",
}
VERSIONS_SHOWN = 20


def stage_label(draft: Any) -> str:
    """What customers have, and whether a next version is in review."""
    label = str(Stage(draft.stage).label)
    if draft.in_review and draft.stage != Stage.IN_REVIEW:
        return f"{label} · {Stage.IN_REVIEW.label}"
    return label


def open_requests(draft: Any) -> Any:
    """What would change what customers have; the review of a take-down looks back."""
    asked = Request.objects.of_target(draft._meta.label_lower, draft.uid).pending()
    return asked.exclude(kind=RequestKind.TAKEDOWN)


class DraftPagesMixin:
    """For an admin whose queryset went through ``with_stage``."""

    def status_tabs(self, request: HttpRequest) -> Sequence[Tab]:
        stages = [Tab(stage, Stage(stage).label, stage_condition(stage)) for stage in Stage.values]
        return (Tab("all", _("All")), *stages)

    @display(description=_("stage"), label=STAGE_COLOURS)
    def shown_stage(self, draft: Any) -> tuple[str, str]:
        return draft.stage, stage_label(draft)

    @display(description=_("period"), ordering="starts_at")
    def shown_period(self, draft: Any) -> str:
        starts = timezone.localtime(draft.starts_at).strftime("%Y-%m-%d %H:%M")
        if draft.ends_at is None:
            return f"{starts} {_('until withdrawn')}"
        return f"{starts} – {timezone.localtime(draft.ends_at):%Y-%m-%d %H:%M}"

    @display(description=_("branch"), ordering="branch__path")
    def shown_branch(self, draft: Any) -> str:
        return draft.branch.name if draft.branch is not None else str(_("whole bank"))

    @display(description=_("updated at"), ordering="updated_at")
    def shown_updated(self, draft: Any) -> str:
        return timezone.localtime(draft.updated_at).strftime("%Y-%m-%d %H:%M")

    def standing(self, request: HttpRequest, draft: Any) -> dict[str, Any]:
        """For the templates around the form."""
        kind = registry.of_draft(draft)
        versions = Publication.objects.of_target(kind.name, draft.uid).order_by("-version")
        return {
            "draft": draft,
            "stage_label": stage_label(draft),
            "stage_colour": STAGE_COLOURS.get(draft.stage, ""),
            "versions": list(versions[:VERSIONS_SHOWN]),
            "review_address": self._review_address(draft),
            "preview_address": f"{reverse('preview')}?draft={draft.uid}",
            "checklist": gate.checklist_of_draft(draft),
            "takedown": notice_of(
                case_of(versions.first(), timezone.now()),
                request.user,  # type: ignore[arg-type]
                self.admin_site.name,  # type: ignore[attr-defined]
            ),
        }

    def _review_address(self, draft: Any) -> str:
        request = open_requests(draft).first()
        name = f"{self.admin_site.name}:approvals_request_change"  # type: ignore[attr-defined]
        return reverse(name, args=[request.pk]) if request is not None else ""


class DraftActionsMixin(OfferMixin, BulkLifeMixin):
    """The buttons above a draft: who sees which one when, and the service behind it."""

    actions_detail: Sequence[str] = (
        "submit", "withdraw_review", "request_withdrawal", "roll_back", "copy", "offer_to_banks",
        "discard", "withdraw_now",
    )  # fmt: skip

    verbs: DraftVerbs

    # --- when --------------------------------------------------------------------------------
    def _draft(self, request: HttpRequest, object_id: Any) -> Any:
        """Looked up once per request, however many buttons ask."""
        known = request.__dict__.setdefault(KNOWN_DRAFTS, {})
        if object_id not in known:
            known[object_id] = self.get_object(request, str(object_id)) if object_id else None  # type: ignore[attr-defined]
        return known[object_id]

    def _editable(self, request: HttpRequest, object_id: Any) -> Any:
        draft = self._draft(request, object_id)
        may = draft and self.has_change_permission(request, draft)  # type: ignore[attr-defined]
        return draft if may else None

    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        draft = self._editable(request, object_id)
        if draft is None or draft.in_review:
            return False
        return draft.edited_since or draft.stage not in REACHING_CUSTOMERS

    def has_withdraw_review_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        draft = self._editable(request, object_id)
        return draft is not None and open_requests(draft).exists()

    def has_request_withdrawal_permission(
        self, request: HttpRequest, object_id: Any = None
    ) -> bool:
        draft = self._editable(request, object_id)
        return draft is not None and draft.stage in REACHING_CUSTOMERS

    def has_withdraw_now_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perm("publishing.withdraw_publication"):  # type: ignore[union-attr]
            return False
        draft = self._draft(request, object_id)
        return draft is not None and draft.stage in REACHING_CUSTOMERS

    def has_roll_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        draft = self._editable(request, object_id)
        return draft is not None and (draft.published_version or 0) > 1

    def has_copy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may = self.has_add_permission(request)  # type: ignore[attr-defined]
        return may and bool(self._draft(request, object_id))

    def has_discard_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        draft = self._editable(request, object_id)
        return draft is not None and draft.published_version is None and not draft.in_review

    # --- what --------------------------------------------------------------------------------
    def _about(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        draft = self._draft(request, object_id)
        kind = registry.of_draft(draft)
        return {"actor": request.user, "kind": kind.name, "target_id": draft.uid}

    @action(
        description=_("Submit for review"), permissions=["submit"], form_class=NoteForm,
        explanation=_("A second person checks it before customers see it."),
        icon="send", variant="primary", url_path="submit",
    )  # fmt: skip
    def submit(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        draft = self._draft(request, object_id)
        note = form.cleaned_data["note"]
        publishing.submit_for_review(actor=request.user, draft=draft, note=note)  # type: ignore[arg-type]
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Withdraw from review"), permissions=["withdraw_review"],
        explanation=_("The review ends without a decision; you can go on editing."),
        icon="undo", url_path="withdraw-review",
    )  # fmt: skip
    def withdraw_review(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        for asked in open_requests(self._draft(request, object_id)):
            approvals.withdraw_request(actor=request.user, request_id=asked.pk)  # type: ignore[arg-type]
        messages.success(request, _("Withdrawn from review."))

    @action(
        description=_("Ask to take down"), permissions=["request_withdrawal"], form_class=NoteForm,
        explanation=_("Customers see it until a second person has agreed."),
        icon="visibility_off", url_path="request-withdrawal",
    )  # fmt: skip
    def request_withdrawal(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        note = form.cleaned_data["note"]
        publishing.request_withdrawal(**self._about(request, object_id), note=note)
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Roll back"), permissions=["roll_back"], form_class=RollBackForm,
        explanation=_("Asks to publish an earlier version again; a second person decides."),
        icon="history", url_path="roll-back",
    )  # fmt: skip
    def roll_back(self, request: HttpRequest, form: RollBackForm, object_id: str) -> None:
        publishing.request_rollback(
            **self._about(request, object_id),
            version=form.cleaned_data["version"],
            note=form.cleaned_data["note"],
        )
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Copy"), permissions=["copy"],
        explanation=_("Makes a new draft with the same content."),
        icon="content_copy", url_path="copy",
    )  # fmt: skip
    def copy(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        draft = self.verbs.copy(actor=request.user, draft_id=int(object_id))
        messages.success(request, _("Copied. This is the new draft."))
        return HttpResponseRedirect(self._address_of("change", draft.pk))

    @action(
        description=_("Discard draft"), permissions=["discard"],
        explanation=_("The draft is deleted; customers have never seen it."),
        icon="delete", url_path="discard",
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        self.verbs.delete(actor=request.user, draft_id=int(object_id))
        messages.success(request, _("The draft has been deleted."))
        return HttpResponseRedirect(self._address_of("changelist"))

    @action(
        description=_("Take down at once"), permissions=["withdraw_now"], form_class=ReasonForm,
        explanation=_(
            "For emergencies: customers stop seeing it within a second. A second person reviews it"
            " afterwards."
        ),
        icon="block", variant="danger", url_path="withdraw-now",
    )  # fmt: skip
    def withdraw_now(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        reason = form.cleaned_data["reason"]
        withdrawn = publishing.withdraw_now(**self._about(request, object_id), reason=reason)
        said_taken_down(request, self.admin_site.name, withdrawn)  # type: ignore[attr-defined]

    def _address_of(self, page: str, *which: object) -> str:
        opts, site = self.opts, self.admin_site.name  # type: ignore[attr-defined]
        return reverse(f"{site}:{opts.app_label}_{opts.model_name}_{page}", args=which)
