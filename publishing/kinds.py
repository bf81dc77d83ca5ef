"""The kinds of approval through which one piece of content reaches customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.registry import Confirmation, DiffRow, Kind, register
from publishing import differences, envelopes, errors, issuing, registry
from publishing.choices import PublicationAction, RequestKind
from publishing.compliance import gate
from publishing.models import Publication
from publishing.takedown_kinds import TakedownKind
from publishing.withdrawal_kinds import BulkWithdrawalKind

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator
    from publishing.registry import ContentKind


class _ContentChange(Kind):
    approve_permission = "publishing.approve_publication"
    action: PublicationAction

    def submit_permission_for(self, payload: dict[str, Any]) -> str:
        return registry.get(payload["content"]).change_permission

    def concerns_other_branches(self, request: Request) -> bool:
        """What replaces another branch's content takes it away from there."""
        return request.before is not None and request.before["branch_path"] != request.branch_path

    def lock(self, target_id: str) -> None:
        issuing.lock_head()

    def current_state(self, target_id: str) -> dict[str, Any] | None:
        return envelopes.of_publication(Publication.objects.latest_of(target_id))

    def current_digest(self, target_id: str) -> str:
        return envelopes.state_digest(Publication.objects.latest_of(target_id))

    def describe(self, request: Request) -> list[DiffRow]:
        return differences.rows(request.before, request.payload)

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        _refuse_ended(request.payload, at)
        if self.action != PublicationAction.WITHDRAW:
            _check_envelope(request.target_id, request.payload, at)
            # A word may have been forbidden since it was submitted.
            gate.require_compliant(request.payload)
        issuing.publish_approved(request=request, action=self.action, actor=actor, at=at)

    def review_extra(self, request: Request) -> dict[str, Any]:
        content = registry.get(request.payload["content"])
        return {
            "preview_url": registry.preview_address(request),
            "target_view": content.change_view,
            "target_pk": _draft_pk(content, request.target_id),
        }


class _Shown(_ContentChange):
    """Puts something before customers."""

    def confirmations(self, request: Request) -> list[Confirmation]:
        content = registry.get(request.payload["content"])
        return content.confirmations(request.payload["payload"])

    def review_extra(self, request: Request) -> dict[str, Any]:
        extra = super().review_extra(request)
        if not request.is_pending:  # the words of today say nothing of a decision of yesterday
            return extra
        return extra | {"checklist": gate.checklist_of(request.payload)}


class PublicationKind(_Shown):
    name = RequestKind.PUBLICATION
    label = _("publish")
    action = PublicationAction.PUBLISH

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        if not payload["title"]:
            raise errors.EmptyTitle(_("Give it a title first."))
        starts, ends = payload["starts_at"], payload["ends_at"]
        if ends is not None and ends <= starts:
            raise errors.PeriodRefused(_("The period ends before it starts."))
        _refuse_ended(payload, at)
        _check_submission(target_id, payload, at)
        if envelopes.same_content(self.current_state(target_id), payload):
            raise errors.NothingChanged(
                _("Nothing has changed against what is published; there is nothing to review.")
            )


class WithdrawalKind(_ContentChange):
    name = RequestKind.WITHDRAWAL
    label = _("withdrawal")
    action = PublicationAction.WITHDRAW

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        if self.current_state(target_id) is None:
            raise errors.NotPublished(_("This is not published."))

    def describe(self, request: Request) -> list[DiffRow]:
        return differences.rows(request.before, None)


class RollbackKind(_Shown):
    name = RequestKind.ROLLBACK
    label = _("rollback")
    action = PublicationAction.ROLL_BACK

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        _refuse_ended(payload, at)
        _check_submission(target_id, payload, at)
        if envelopes.same_content(self.current_state(target_id), payload):
            raise errors.NothingChanged(_("This version is what is published now."))

    def describe(self, request: Request) -> list[DiffRow]:
        version = DiffRow(_("version"), "", str(request.payload["version"]), changed=False)
        return [version, *differences.rows(request.before, request.payload)]


def _draft_pk(content: ContentKind, uid: str) -> int | None:
    return content.model._default_manager.filter(uid=uid).values_list("pk", flat=True).first()


def _refuse_ended(payload: dict[str, Any], at: datetime) -> None:
    ends = envelopes.to_moment(payload.get("ends_at"))
    if ends is not None and ends <= at:
        raise errors.PeriodRefused(
            _("The period ended on %(when)s; customers would never see it.")
            % {"when": timezone.localtime(ends).strftime("%Y-%m-%d %H:%M")}
        )


def _check_envelope(target_id: str, payload: dict[str, Any], at: datetime) -> None:
    registry.get(payload["content"]).check_envelope(target_id, payload, at)


def _check_submission(target_id: str, payload: dict[str, Any], at: datetime) -> None:
    _check_envelope(target_id, payload, at)
    registry.get(payload["content"]).check_submission(target_id, payload, at)
    gate.require_compliant(payload)


def register_kinds() -> None:
    for kind in (
        PublicationKind(), WithdrawalKind(), RollbackKind(), BulkWithdrawalKind(), TakedownKind(),
    ):  # fmt: skip
        register(kind)
