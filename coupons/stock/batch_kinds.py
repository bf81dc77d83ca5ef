"""Changes of a batch that a second person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import DiffRow, Kind, register
from coupons.choices import BatchState, CouponState
from coupons.stock import batch_rows, facts, freezing, recalls, reviews
from coupons.wording import yuan
from intake.jobs import JobKind, Link, Outcome, register_job_kind

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from intake.models import Job
    from operators.models import Operator

APPROVE_PERMISSION = "coupons.approve_batch"


class BatchKind(Kind):
    """Never stale: what is in force is looked at when it is approved, under the account's lock."""

    name = reviews.REVIEW
    label = gettext_lazy("coupon batch")
    submit_permission = reviews.SUBMIT_PERMISSION
    approve_permission = APPROVE_PERMISSION

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        batch = facts.find_batch(int(target_id))
        reviews.check_batch(batch, payload, facts.account_of(batch.template_id))

    def lock(self, target_id: str) -> None:
        reviews.lock_for_change(int(target_id))

    def describe(self, request: Request) -> list[DiffRow]:
        told = request.payload
        return [
            *batch_rows.account_rows(request),
            *batch_rows.file_rows(told),
            *[batch_rows.first_row(each) for each in told["first_rows"]],
        ]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        reviews.approve_batch(request, actor=actor, at=at)

    def on_closed(self, request: Request) -> None:
        assert request.closed_at is not None
        reviews.back_to_loaded(int(request.target_id), request.closed_at)

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {
            "target_view": "coupons_batch_change",
            "target_pk": int(request.target_id),
            "notice": batch_rows.warning(request),
        }


class _BatchChange(Kind):
    """Of a batch that has been live."""

    approve_permission = APPROVE_PERMISSION

    def lock(self, target_id: str) -> None:
        reviews.lock_for_change(int(target_id))

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {"target_view": "coupons_batch_change", "target_pk": int(request.target_id)}


class UnfreezeKind(_BatchChange):
    name = freezing.UNFREEZE
    label = gettext_lazy("unfreezing of a coupon batch")

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        freezing.require_frozen(facts.find_batch(int(target_id)))

    def describe(self, request: Request) -> list[DiffRow]:
        before = request.before or {}
        frozen, live = BatchState.FROZEN.label, BatchState.LIVE.label
        return [
            batch_rows.same(_("coupon batch"), request.payload["batch"]),
            DiffRow(_("state"), str(frozen), str(live), changed=True),
            batch_rows.same(_("frozen because"), before.get("reason", "")),
        ]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        freezing.unfreeze(request, actor=actor, at=at)


class RecallKind(_BatchChange):
    name = recalls.RECALL
    label = gettext_lazy("recall of a coupon batch")
    submit_permission = reviews.SUBMIT_PERMISSION

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        recalls.require_recallable(facts.find_batch(int(target_id)))

    def describe(self, request: Request) -> list[DiffRow]:
        told: dict[str, Any] = request.before or {}
        if request.is_pending:
            told = recalls.standing_of(int(request.target_id))
        return [
            batch_rows.same(_("coupon template"), request.payload["template"]),
            batch_rows.same(_("coupon batch"), request.payload["batch"]),
            *[batch_rows.recalled(CouponState(state), told[state]) for state in _in_order(told)],
        ]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        recalls.recall(request, actor=actor, at=at)

    def review_extra(self, request: Request) -> dict[str, Any]:
        notice = _(
            "From the approval on nobody can claim or redeem a coupon of this batch, also not in a"
            " payment that is under way. What has been redeemed stays redeemed."
        )
        return super().review_extra(request) | ({"notice": notice} if request.is_pending else {})


def _in_order(told: dict[str, Any]) -> list[str]:
    return [state for state in CouponState.values if state in told]


def register_kinds() -> None:
    for kind in (BatchKind(), UnfreezeKind(), RecallKind()):
        register(kind)
    register_job_kind(
        JobKind(
            name=recalls.JOB,
            label=gettext_lazy("recall of a coupon batch"),
            run=recalls.run_recall,
            permission=APPROVE_PERMISSION,
            show=_recall_outcome,
        )
    )


def _recall_outcome(job: Job) -> Outcome:
    if not job.result:
        return Outcome()
    facts = [
        (_("voided"), f"{job.result['voided']:,}"),
        (_("face value (yuan)"), yuan(job.result["voided_cents"])),
        (_("in payments under way"), f"{job.result['held']:,}"),
    ]
    link = Link(_("Open the batch"), "coupons_batch_change", job.params["batch"])
    return Outcome(facts=tuple(facts), links=(link,))
