"""The verbs of a grant: drafted, submitted, approved, given out by a job.

Locks: the open request, the template's account, the grant; in the work itself: recipients, then
coupons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from audit.services import record
from coupons import events
from coupons.choices import GrantReason, GrantState
from coupons.errors import GrantRefused
from coupons.grants import lists, recipients
from coupons.grants.estimates import (
    Estimate,
    customers_of,
    estimate,
    free_stock,
    listed,
    meant,
    obstacle_of,
)
from coupons.grants.lists import Listed
from coupons.models import CouponTemplate, Grant, TemplateAccount
from coupons.stock.facts import account_of
from intake.choices import OPEN_JOBS
from intake.jobs import enqueue_job
from intake.models import Job
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

GRANT = "coupon_grant"
JOB = "coupon_grant"
TARGET_KIND = "coupons.grant"
CHANGE_PERMISSION = "coupons.change_grant"
MOST_PER_CUSTOMER = 20
MOST_COUPONS = 1_000_000


@dataclass(frozen=True, slots=True)
class GrantContent:
    template_id: int
    name: str
    reason: str = GrantReason.TARGETED
    explanation: str = ""
    per_customer: int = 1
    # A rule, or else the list.
    audience: dict[str, Any] = field(default_factory=dict)
    # None = the list stays as it is.
    numbers: Sequence[Listed] | None = None


@transaction.atomic
def create_grant(*, actor: Operator, content: GrantContent, at: datetime | None = None) -> Grant:
    require(actor, "coupons.add_grant")
    grant = Grant(created_by=actor, created_at=at or timezone.now())
    _write(grant, content)
    record(events.GRANT_CREATED, actor=actor, target=grant, after=_facts(grant))
    return grant


@transaction.atomic
def edit_grant(*, actor: Operator, grant_id: int, content: GrantContent) -> Grant:
    require(actor, CHANGE_PERMISSION)
    grant = _locked_draft(grant_id)
    before = _facts(grant)
    _write(grant, content)
    record(events.GRANT_EDITED, actor=actor, target=grant, before=before, after=_facts(grant))
    return grant


@transaction.atomic
def discard_grant(*, actor: Operator, grant_id: int, reason: str = "") -> Grant:
    require(actor, CHANGE_PERMISSION)
    grant = _locked_draft(grant_id)
    Grant.objects.filter(pk=grant.pk, state=GrantState.DRAFT).update(state=GrantState.DISCARDED)
    record(events.GRANT_DISCARDED, actor=actor, target=grant, reason=reason, before=_facts(grant))
    grant.state = GrantState.DISCARDED
    return grant


def preview_grant(content: GrantContent, grant_id: int | None, at: datetime) -> Estimate:
    """What the draft as it is typed would take. Raises ``GrantRefused``."""
    template = _template(content.template_id)
    if content.audience:
        customers = meant(content.audience, at)
    elif content.numbers is not None:
        numbers = lists.checked(content.numbers)
        customers = meant({}, at).filter(number__in=numbers)
    else:
        customers = listed(grant_id)
    return estimate(template, customers, content.per_customer, at)


@transaction.atomic
def submit_grant(
    *, actor: Operator, grant_id: int, note: str = "", at: datetime | None = None
) -> Request:
    """Writes down every recipient: who is meant by a rule is decided now, not when it is given."""
    require(actor, CHANGE_PERMISSION)
    at = at or timezone.now()
    grant = _locked_draft(grant_id)
    _require_explained(grant.reason, grant.explanation)
    told = estimate(grant.template, customers_of(grant, at), grant.per_customer, at)
    grant.recipients = recipients.materialise(grant, at)
    if grant.recipients != told.customers:
        raise GrantRefused(_("The customers changed while they were counted. Try again."))
    Grant.objects.filter(pk=grant.pk, state=GrantState.DRAFT).update(
        state=GrantState.IN_REVIEW, recipients=grant.recipients
    )
    return approvals.submit_request(
        actor=actor,
        kind=GRANT,
        target_kind=TARGET_KIND,
        target_id=grant.pk,
        title=_("%(name)s · %(count)s coupons") % {"name": grant.name, "count": f"{told.count:,}"},
        payload={"schema": 1, **_facts(grant), **told.as_json()},
        before=None,
        base_digest="",
        note=note,
        contributors=[grant.created_by_id] if grant.created_by_id else [],
        at=at,
    )


def check_grant(grant: Grant, count: int, at: datetime) -> None:
    """Raises when it cannot be given out as things are now."""
    if count == 0:
        raise GrantRefused(_("Nobody is meant: give in a list, or change the rule."), code="empty")
    if count > MOST_COUPONS:
        raise GrantRefused(
            _("More than %(limit)s coupons at once. Split the grant.")
            % {"limit": f"{MOST_COUPONS:,}"}
        )
    obstacle = obstacle_of(account_of(grant.template_id), at)
    if obstacle:
        raise GrantRefused(obstacle, code="template_not_live")
    available = free_stock(grant.template_id, at)
    if count > available:
        raise GrantRefused(
            _(
                "%(count)s coupons are wanted, but %(available)s are in stock: %(missing)s are"
                " missing. Import or generate more first."
            )
            % {
                "count": f"{count:,}",
                "available": f"{available:,}",
                "missing": f"{count - available:,}",
            },
            code="out_of_stock",
        )


def lock_for_change(grant_id: int) -> None:
    """Request first, as the closing of a review does; the template's account, so that two grants
    do not count on the same stock; the grant."""
    requests = Request.objects.of_target(TARGET_KIND, grant_id).pending().order_by("pk")
    list(requests.select_for_update(no_key=True).values_list("pk", flat=True))
    grants = Grant.objects.filter(pk=grant_id)
    accounts = TemplateAccount.objects.filter(template_id__in=grants.values("template_id"))
    list(accounts.select_for_update(no_key=True).values_list("pk", flat=True))
    list(grants.select_for_update(no_key=True).values_list("pk", flat=True))


def start_grant(request: Request, *, actor: Operator, at: datetime) -> None:
    """In the approval's transaction: the recipients written down are those that were approved."""
    grant = find_grant(int(request.target_id))
    found = recipients.count(grant.pk)
    if found != request.payload["count"]:
        raise GrantRefused(_("The list is no longer what was submitted. Send it back."))
    check_grant(grant, found, at)
    job = _enqueue(actor, grant, f"{request.maker_name} / {actor}", at)
    started = Grant.objects.filter(pk=grant.pk, state=GrantState.IN_REVIEW).update(
        state=GrantState.RUNNING, approved_at=at, job_uid=job.uid
    )
    if started != 1:
        raise GrantRefused(_("This grant is not in review any more."))
    record(events.GRANT_APPROVED, actor=actor, target=grant, reason=request.note, at=at,
           after={"request": request.pk, "count": found})  # fmt: skip


@transaction.atomic
def continue_grant(*, actor: Operator, grant_id: int, at: datetime | None = None) -> Job:
    """Begins the work of an approved grant again, whose job has failed."""
    require(actor, "coupons.approve_batch")
    lock_for_change(grant_id)
    grant = find_grant(grant_id)
    if not is_stuck(grant):
        raise GrantRefused(_("This grant is not waiting to be continued."))
    job = _enqueue(actor, grant, str(actor), at or timezone.now())
    Grant.objects.filter(pk=grant.pk).update(job_uid=job.uid)
    return job


def is_stuck(grant: Grant) -> bool:
    if grant.state != GrantState.RUNNING or grant.job_uid is None:
        return False
    return not Job.objects.filter(uid=grant.job_uid, state__in=OPEN_JOBS).exists()


def find_grant(grant_id: int) -> Grant:
    grant = Grant.objects.select_related("template").filter(pk=grant_id).first()
    if grant is None:
        raise GrantRefused(_("There is no such grant."), code="grant_not_found")
    return grant


# --- parts ----------------------------------------------------------------------------------------
def _enqueue(actor: Operator, grant: Grant, by: str, at: datetime) -> Job:
    title = _("Grant of %(name)s") % {"name": grant.name}
    return enqueue_job(
        actor=actor, kind=JOB, title=title, params={"grant": grant.pk, "by": by}, at=at
    )


def _locked_draft(grant_id: int) -> Grant:
    found = Grant.objects.filter(pk=grant_id).select_for_update(no_key=True).first()
    grant = find_grant(grant_id)
    if found is None or grant.state != GrantState.DRAFT:
        raise GrantRefused(
            _("Only a draft can be changed or submitted; this one is: %(state)s.")
            % {"state": grant.get_state_display()}
        )
    return grant


def _write(grant: Grant, content: GrantContent) -> None:
    _template(content.template_id)
    if not content.name.strip():
        raise GrantRefused(_("Give it a name first."))
    if not 1 <= content.per_customer <= MOST_PER_CUSTOMER:
        raise GrantRefused(
            _("From 1 to %(limit)s coupons for each customer.") % {"limit": MOST_PER_CUSTOMER}
        )
    _require_explained(content.reason, content.explanation)
    grant.template_id = content.template_id
    grant.name, grant.reason = content.name.strip(), content.reason
    grant.explanation = content.explanation.strip()
    grant.per_customer, grant.audience = content.per_customer, content.audience
    grant.save()
    if content.audience:
        grant.recipients = 0
        recipients.forget(grant.pk)
    elif content.numbers is not None:
        grant.recipients = recipients.put(grant.pk, lists.checked(content.numbers))
    grant.save(update_fields=["recipients"])


def _require_explained(reason: str, explanation: str) -> None:
    if reason == GrantReason.COMPENSATION and not explanation.strip():
        raise GrantRefused(
            _("Explain what happened to these customers: a compensation is not given without."),
            code="explanation_required",
        )


def _template(template_id: int) -> CouponTemplate:
    template = CouponTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise GrantRefused(_("There is no such template."), code="template_not_found")
    return template


def _facts(grant: Grant) -> dict[str, Any]:
    return {
        "name": grant.name,
        "template": {"id": grant.template_id, "title": grant.template.title,
                     "code": grant.template.code},
        "reason": grant.reason,
        "explanation": grant.explanation,
        "audience": grant.audience,
        "per_customer": grant.per_customer,
        "customers": grant.recipients,
    }  # fmt: skip
