"""Changes of a batch that a second person decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import DiffRow, Kind, register
from approvals.wording import moment
from coupons.choices import BatchOrigin, BatchState, CouponState
from coupons.stock import freezing, recalls, reviews
from coupons.terms.reading import FAR_FUTURE
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
        batch = reviews.find_batch(int(target_id))
        reviews.check_batch(batch, payload, reviews.account_of(batch.template_id))

    def lock(self, target_id: str) -> None:
        reviews.lock_for_change(int(target_id))

    def describe(self, request: Request) -> list[DiffRow]:
        told = request.payload
        return [
            *_account_rows(request),
            *_file_rows(told),
            *[_first_row(each) for each in told["first_rows"]],
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
            "notice": _warning(request),
        }


def _account_rows(request: Request) -> list[DiffRow]:
    before, told = _standing(request), request.payload
    count, cents = told["count"], told["total_cents"]
    after_count, after_cents = before["held_count"] + count, before["held_cents"] + cents
    return [
        _same(_("coupon template"), f"{told['template']['title']} ({told['template']['code']})"),
        _new(_("name"), told["batch"]),
        DiffRow(
            _("stock (coupons)"),
            _of(f"{before['held_count']:,}", f"{before['stock_limit']:,}"),
            _of(f"{after_count:,}", f"{before['stock_limit']:,}"),
            changed=True,
        ),
        DiffRow(
            _("budget (yuan)"),
            _of(yuan(before["held_cents"]), yuan(before["budget_cents"])),
            _of(yuan(after_cents), yuan(before["budget_cents"])),
            changed=True,
        ),
    ]


def _file_rows(told: dict[str, Any]) -> list[DiffRow]:
    faces = {yuan(told["min_cents"]): None, yuan(told["max_cents"]): None}
    rows = [
        _new(_("coupons"), f"{told['count']:,}"),
        _new(_("total face value (yuan)"), yuan(told["total_cents"])),
        _new(_("face values (yuan)"), " – ".join(faces)),
    ]
    if told["owned"]:
        rows.append(_new(_("of these for named customers"), f"{told['owned']:,}"))
    if told["origin"] == BatchOrigin.GENERATE:
        return [*rows, _new(_("origin"), str(BatchOrigin.GENERATE.label))]
    rows += [
        _new(_("file"), told["file_name"]),
        _new(_("digest of the file"), told["sha256"]),
        _new(_("rows of the file"), f"{told['rows']:,}"),
        _new(_("duplicates"), f"{told['duplicates']:,}"),
        _new(_("rejected rows"), f"{told['rejected']:,}"),
    ]
    if told["reasons"]:
        rows.append(_new(_("reasons"), "\n".join(_reason(each) for each in told["reasons"])))
    return rows


def _first_row(row: dict[str, Any]) -> DiffRow:
    until = parse_datetime(row["valid_until"])
    assert until is not None
    parts = [row["shown"], _("%(amount)s yuan") % {"amount": yuan(row["face_cents"])}]
    if until < FAR_FUTURE:
        # Exclusive in the data; people read the last day.
        last = moment(until - timedelta(seconds=1), "")[:10]
        parts.append(_("valid until %(day)s") % {"day": last})
    parts += [each for each in (row["branch"], row["customer"]) if each]
    return _new(_("row %(row)s") % {"row": row["row"]}, " · ".join(parts))


def _reason(each: Any) -> str:
    if not isinstance(each, dict):
        return str(each)
    return _("row %(row)s: %(reason)s") % {
        "row": each.get("row", ""),
        "reason": each.get("reason", ""),
    }


def _standing(request: Request) -> dict[str, int]:
    """What is held now, while it waits; afterwards, what was held when it was submitted."""
    if request.is_pending:
        return reviews.standing(reviews.account_of(request.payload["template"]["id"]))
    before: dict[str, int] = request.before or {}
    return before


def _warning(request: Request) -> str:
    """What would stop an approval now."""
    account = reviews.account_of(request.payload["template"]["id"])
    if not request.is_pending:
        return ""
    if account is None or account.live_version is None:
        return _("The template is not published now: this cannot be approved.")
    told = request.payload
    return reviews.shortage(account, told["count"], told["total_cents"])


def _of(part: str, whole: str) -> str:
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole}


def _same(label: str, value: str) -> DiffRow:
    return DiffRow(label, value, value, changed=False)


def _new(label: str, value: str) -> DiffRow:
    """Of the batch alone: what changes by it are stock and budget."""
    return DiffRow(label, "", value, changed=False)


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
        freezing.require_frozen(reviews.find_batch(int(target_id)))

    def describe(self, request: Request) -> list[DiffRow]:
        before = request.before or {}
        frozen, live = BatchState.FROZEN.label, BatchState.LIVE.label
        return [
            _same(_("coupon batch"), request.payload["batch"]),
            DiffRow(_("state"), str(frozen), str(live), changed=True),
            _same(_("frozen because"), before.get("reason", "")),
        ]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        freezing.unfreeze(request, actor=actor, at=at)


class RecallKind(_BatchChange):
    name = recalls.RECALL
    label = gettext_lazy("recall of a coupon batch")
    submit_permission = reviews.SUBMIT_PERMISSION

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        recalls.require_recallable(reviews.find_batch(int(target_id)))

    def describe(self, request: Request) -> list[DiffRow]:
        told: dict[str, Any] = request.before or {}
        if request.is_pending:
            told = recalls.standing_of(int(request.target_id))
        return [
            _same(_("coupon template"), request.payload["template"]),
            _same(_("coupon batch"), request.payload["batch"]),
            *[_recalled(CouponState(state), told[state]) for state in _in_order(told)],
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


def _recalled(state: CouponState, told: dict[str, int]) -> DiffRow:
    before = _("%(count)s coupons, %(amount)s yuan") % {
        "count": f"{told['count']:,}",
        "amount": yuan(told["cents"]),
    }
    if state not in recalls.TAKEN_BACK:
        return DiffRow(state.label, before, before, changed=False)
    after = str(CouponState.VOIDED.label)
    if state == CouponState.LOCKED:
        after = _("voided when the payment under way has ended; it is refused")
    return DiffRow(state.label, before, after, changed=True)


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
