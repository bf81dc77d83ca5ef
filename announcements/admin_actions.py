"""The buttons above an announcement: who sees which one when, and the service behind it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from announcements import services
from announcements.dialogs import NoteForm, RollBackForm
from announcements.kinds import KIND
from announcements.models import Announcement
from approvals import services as approvals
from approvals.models import Request
from operators.admin_base import DialogForm, ReasonForm, action
from publishing import services as publishing
from publishing.stages import REACHING_CUSTOMERS


def open_requests(draft: Announcement) -> Any:
    return Request.objects.of_target(draft._meta.label_lower, draft.uid).pending()


class ActionsMixin:
    """For the admin of announcements."""

    actions_detail = (
        "submit", "withdraw_review", "request_withdrawal", "roll_back", "copy", "discard",
        "withdraw_now",
    )  # fmt: skip

    def _draft(self, request: HttpRequest, object_id: Any) -> Announcement | None:
        """Looked up once per request, however many buttons ask."""
        known = request.__dict__.setdefault("announcements_known", {})
        if object_id not in known:
            known[object_id] = self.get_object(request, str(object_id)) if object_id else None
        return known[object_id]

    def _editable(self, request: HttpRequest, object_id: Any) -> Announcement | None:
        draft = self._draft(request, object_id)
        return draft if draft and self.has_change_permission(request, draft) else None

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
        return self.has_add_permission(request) and bool(self._draft(request, object_id))

    def has_discard_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        draft = self._editable(request, object_id)
        return draft is not None and draft.published_version is None and not draft.in_review

    @action(
        description=_("Submit for review"), permissions=["submit"], form_class=NoteForm,
        explanation=_("A second person checks it before customers see it."),
        icon="send", variant="primary", url_path="submit",
    )  # fmt: skip
    def submit(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        draft = Announcement.objects.get(pk=object_id)
        publishing.submit_for_review(
            actor=request.user,  # type: ignore[arg-type]
            draft=draft,
            note=form.cleaned_data["note"],
        )
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Withdraw from review"), permissions=["withdraw_review"],
        explanation=_("The review ends without a decision; you can go on editing."),
        icon="undo", url_path="withdraw-review",
    )  # fmt: skip
    def withdraw_review(self, request: HttpRequest, form: DialogForm, object_id: str) -> None:
        draft = Announcement.objects.get(pk=object_id)
        for asked in open_requests(draft):
            approvals.withdraw_request(actor=request.user, request_id=asked.pk)  # type: ignore[arg-type]
        messages.success(request, _("Withdrawn from review."))

    @action(
        description=_("Ask to take down"), permissions=["request_withdrawal"], form_class=NoteForm,
        explanation=_("Customers see it until a second person has agreed."),
        icon="visibility_off", url_path="request-withdrawal",
    )  # fmt: skip
    def request_withdrawal(self, request: HttpRequest, form: NoteForm, object_id: str) -> None:
        draft = Announcement.objects.get(pk=object_id)
        publishing.request_withdrawal(
            actor=request.user,  # type: ignore[arg-type]
            kind=KIND,
            target_id=draft.uid,
            note=form.cleaned_data["note"],
        )
        messages.success(request, _("Submitted; a checker will decide."))

    @action(
        description=_("Roll back"), permissions=["roll_back"], form_class=RollBackForm,
        explanation=_("Asks to publish an earlier version again; a second person decides."),
        icon="history", url_path="roll-back",
    )  # fmt: skip
    def roll_back(self, request: HttpRequest, form: RollBackForm, object_id: str) -> None:
        draft = Announcement.objects.get(pk=object_id)
        publishing.request_rollback(
            actor=request.user,  # type: ignore[arg-type]
            kind=KIND,
            target_id=draft.uid,
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
        draft = services.copy_announcement(actor=request.user, draft_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, _("Copied. This is the new draft."))
        name = f"{self.admin_site.name}:announcements_announcement_change"
        return HttpResponseRedirect(reverse(name, args=[draft.pk]))

    @action(
        description=_("Discard draft"), permissions=["discard"],
        explanation=_("The draft is deleted; customers have never seen it."),
        icon="delete", url_path="discard",
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        services.delete_draft(actor=request.user, draft_id=int(object_id))  # type: ignore[arg-type]
        messages.success(request, _("The draft has been deleted."))
        name = f"{self.admin_site.name}:announcements_announcement_changelist"
        return HttpResponseRedirect(reverse(name))

    @action(
        description=_("Take down at once"), permissions=["withdraw_now"], form_class=ReasonForm,
        explanation=_("For emergencies: customers stop seeing it within seconds, without review."),
        icon="block", variant="danger", url_path="withdraw-now",
    )  # fmt: skip
    def withdraw_now(self, request: HttpRequest, form: ReasonForm, object_id: str) -> None:
        draft = Announcement.objects.get(pk=object_id)
        publishing.withdraw_now(
            actor=request.user,  # type: ignore[arg-type]
            kind=KIND,
            target_id=draft.uid,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("Taken down."))
