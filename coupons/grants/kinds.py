"""The approval of a grant, and the work that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import DiffRow, Kind, register
from coupons.choices import GrantReason, GrantState
from coupons.grants import jobs, services
from coupons.grants.estimates import free_stock, obstacle_of
from coupons.models import Grant
from coupons.stock.facts import account_of
from coupons.wording import yuan
from customers.audiences import describe
from intake.jobs import JobKind, Link, Outcome, register_job_kind

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from intake.models import Job
    from operators.models import Operator


class GrantKind(Kind):
    """Never stale: nothing is replaced; stock is looked at when it is approved."""

    name = services.GRANT
    label = gettext_lazy("coupon grant")
    submit_permission = services.CHANGE_PERMISSION
    approve_permission = "coupons.approve_batch"

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        services.check_grant(services.find_grant(int(target_id)), payload["count"], at)

    def lock(self, target_id: str) -> None:
        services.lock_for_change(int(target_id))

    def describe(self, request: Request) -> list[DiffRow]:
        return [DiffRow(label, "", value, changed=True) for label, value in _lines(request)]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        services.start_grant(request, actor=actor, at=at)

    def on_closed(self, request: Request) -> None:
        """Without approval: the request itself is in the trail."""
        Grant.objects.filter(pk=int(request.target_id), state=GrantState.IN_REVIEW).update(
            state=GrantState.DRAFT
        )

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {
            "target_view": "coupons_grant_change",
            "target_pk": int(request.target_id),
            "notice": _notice(request),
        }


def _lines(request: Request) -> list[tuple[str, str]]:
    told = request.payload
    reason = str(GrantReason(told["reason"]).label)
    lines = [
        (_("coupon template"), f"{told['template']['title']} ({told['template']['code']})"),
        (_("kind of grant"), reason),
        (_("explanation"), told["explanation"]),
        (_("to whom"), "\n".join(describe(told["audience"])) or _("the customers of a list")),
        (_("customers"), f"{told['customers']:,}"),
        (_("coupons per customer"), str(told["per_customer"])),
        (_("coupons"), f"{told['count']:,}"),
        (_("cost (yuan)"), cost_of(told)),
        (_("in stock"), _stock(request)),
        (_("limits"), _("Limits on claims do not apply to what the bank gives.")),
    ]
    if told["outside"]:
        lines.append((_("will get none: not meant by the template"), f"{told['outside']:,}"))
    return [(label, value) for label, value in lines if value]


def cost_of(told: dict[str, Any]) -> str:
    if told["least_cents"] == told["most_cents"]:
        return yuan(told["most_cents"])
    return f"{yuan(told['least_cents'])} – {yuan(told['most_cents'])}"


def _stock(request: Request) -> str:
    """Now, while it waits; afterwards, when it was submitted."""
    if not request.is_pending:
        return f"{request.payload['available']:,}"
    return f"{free_stock(request.payload['template']['id'], timezone.now()):,}"


def _notice(request: Request) -> str:
    if not request.is_pending:
        return ""
    template_id, at = request.payload["template"]["id"], timezone.now()
    obstacle = obstacle_of(account_of(template_id), at)
    if obstacle:
        return obstacle
    if free_stock(template_id, at) < request.payload["count"]:
        return _("There are fewer coupons in stock than this grant needs: it cannot be approved.")
    return ""


def _outcome(job: Job) -> Outcome:
    link = Link(_("Open the grant"), "coupons_grant_change", job.params["grant"])
    if not job.result:
        return Outcome(links=(link,))
    facts = (
        (_("coupons granted"), f"{job.result['granted']:,}"),
        (_("not granted"), f"{job.result['refused']:,}"),
    )
    return Outcome(facts=facts, links=(link,))


def register_kinds() -> None:
    register(GrantKind())
    register_job_kind(
        JobKind(
            name=services.JOB,
            label=gettext_lazy("coupon grant"),
            run=jobs.run_grant,
            permission="coupons.approve_batch",
            show=_outcome,
            given_up=jobs.stop,
        )
    )
