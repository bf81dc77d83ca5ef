"""A loaded batch goes before a second person, and lands as what that person saw.

Locks, here as in every change of a batch: its open requests, the template's account, the batch.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services as approvals
from approvals.models import Request
from audit.services import record
from coupons import events
from coupons.choices import BatchState, CouponState, LedgerAction
from coupons.errors import BatchRefused
from coupons.models import Batch, LedgerEntry, TemplateAccount
from coupons.stock.facts import account_of, counted, find_batch, live_terms, standing
from coupons.stock.giving import give_to_customers
from coupons.stock.ledgers import who
from coupons.stock.payloads import payload_of, totals
from coupons.terms.reading import Terms
from coupons.wording import yuan
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

REVIEW = "coupon_batch"
TARGET_KIND = "coupons.batch"
SUBMIT_PERMISSION = "coupons.change_batch"


@transaction.atomic
def submit_batch(
    *, actor: Operator, batch_id: int, note: str = "", at: datetime | None = None
) -> Request:
    """Freezes what was loaded and asks a second person. The totals frozen are the totals that
    land: approval counts the rows again."""
    require(actor, SUBMIT_PERMISSION)
    at = at or timezone.now()
    batch = find_batch(batch_id)
    _claim_for_review(batch, at)
    found = counted(batch.pk)
    account = account_of(batch.template_id)
    return approvals.submit_request(
        actor=actor,
        kind=REVIEW,
        target_kind=TARGET_KIND,
        target_id=batch.pk,
        title=_("%(name)s · %(count)s coupons, %(total)s yuan")
        % {"name": batch.name, "count": f"{found['count']:,}", "total": yuan(found["total_cents"])},
        payload=payload_of(batch, found, account),
        before=standing(account),
        base_digest="",
        note=note,
        # Who brought the file may not check it, whoever submits it.
        contributors=[batch.created_by_id] if batch.created_by_id else [],
        at=at,
    )


def check_batch(batch: Batch, found: dict[str, Any], account: TemplateAccount | None) -> None:
    """Raises when these coupons cannot be stocked as things are now."""
    if found["count"] == 0:
        raise BatchRefused(_("There are no coupons in this batch."), code="empty_batch")
    if account is None or account.live_version is None:
        raise BatchRefused(
            _("The template is not published now. Publish it first."), code="template_not_live"
        )
    _refuse_face_range(found, live_terms(account))
    short = shortage(account, found["count"], found["total_cents"])
    if short:
        raise BatchRefused(short, code="stock_short")


def shortage(account: TemplateAccount, count: int, total_cents: int) -> str:
    """What is lacking to hold so much more, in words; empty = nothing."""
    coupons = account.held_count + count - account.stock_limit
    cents = account.held_cents + total_cents - account.budget_cents
    lacking = []
    if coupons > 0:
        lacking.append(
            _("The stock of the template is short by %(count)s coupons.")
            % {"count": f"{coupons:,}"}
        )
    if cents > 0:
        lacking.append(
            _("The budget of the template is short by %(amount)s yuan.") % {"amount": yuan(cents)}
        )
    if lacking:
        lacking.append(_("Publish the template with more first, or bring fewer coupons."))
    return " ".join(lacking)


def lock_for_change(batch_id: int) -> None:
    """In the order that the closing of a review keeps, too: request, account, batch."""
    requests = Request.objects.of_target(TARGET_KIND, batch_id).pending().order_by("pk")
    list(requests.select_for_update(no_key=True).values_list("pk", flat=True))
    batch = Batch.objects.filter(pk=batch_id)
    accounts = TemplateAccount.objects.filter(template_id__in=batch.values("template_id"))
    list(accounts.select_for_update(no_key=True).values_list("pk", flat=True))
    list(batch.select_for_update(no_key=True).values_list("pk", flat=True))


def approve_batch(request: Request, *, actor: Operator, at: datetime) -> None:
    """In the approval's transaction, under ``lock_for_change``."""
    batch = find_batch(int(request.target_id))
    found = counted(batch.pk)
    _refuse_other_totals(found, request.payload)
    account = account_of(batch.template_id)
    check_batch(batch, found, account)
    assert account is not None
    _hold(account, found)
    _go_live(batch, found, at)
    _write_stocking(batch, found, account, actor, at)
    given = give_to_customers(batch, live_terms(account), actor, at) if found["owned"] else 0
    record(
        events.BATCH_APPROVED, actor=actor, target=batch, at=at, reason=request.note,
        after={**totals(found), "given_to_customers": given, "request": request.pk},
    )  # fmt: skip


def back_to_loaded(batch_id: int, at: datetime) -> None:
    """The review closed without approval; the batch may be submitted again, or discarded."""
    Batch.objects.filter(pk=batch_id, state=BatchState.IN_REVIEW).update(
        state=BatchState.LOADED, state_at=at
    )


# --- submitting -----------------------------------------------------------------------------------
def _claim_for_review(batch: Batch, at: datetime) -> None:
    claimed = Batch.objects.filter(pk=batch.pk, state=BatchState.LOADED).update(
        state=BatchState.IN_REVIEW, state_at=at
    )
    if claimed != 1:
        state = Batch.objects.values_list("state", flat=True).get(pk=batch.pk)
        raise BatchRefused(
            _("Only a loaded batch can be submitted; this one is: %(state)s.")
            % {"state": BatchState(state).label}
        )


def _refuse_face_range(found: dict[str, Any], terms: Terms) -> None:
    if terms.face_min_cents <= found["min_cents"] and found["max_cents"] <= terms.face_max_cents:
        return
    raise BatchRefused(
        _(
            "Face values from %(least)s to %(most)s yuan are in the batch, but the published"
            " template allows %(min)s to %(max)s yuan."
        )
        % {
            "least": yuan(found["min_cents"]),
            "most": yuan(found["max_cents"]),
            "min": yuan(terms.face_min_cents),
            "max": yuan(terms.face_max_cents),
        },
        code="face_out_of_range",
    )


# --- approving ------------------------------------------------------------------------------------
def _refuse_other_totals(found: dict[str, int], payload: dict[str, Any]) -> None:
    approved = {name: payload[name] for name in ("count", "total_cents", "owned")}
    if approved == {name: found[name] for name in approved} and not found["not_stocked"]:
        return
    raise BatchRefused(
        _(
            "The batch is no longer what was submitted: %(count)s coupons of %(total)s yuan were"
            " submitted, %(now)s coupons of %(now_total)s yuan are there. Send it back."
        )
        % {
            "count": f"{payload['count']:,}",
            "total": yuan(payload["total_cents"]),
            "now": f"{found['count']:,}",
            "now_total": yuan(found["total_cents"]),
        },
        code="totals_differ",
    )


def _hold(account: TemplateAccount, found: dict[str, int]) -> None:
    """One conditional UPDATE decides, whatever was read before."""
    count, cents = found["count"], found["total_cents"]
    held = TemplateAccount.objects.filter(
        pk=account.pk,
        live_version__isnull=False,
        stock_limit__gte=F("held_count") + count,
        budget_cents__gte=F("held_cents") + cents,
    ).update(held_count=F("held_count") + count, held_cents=F("held_cents") + cents)
    if held != 1:
        account.refresh_from_db()
        raise BatchRefused(
            shortage(account, count, cents) or _("The template has been withdrawn meanwhile."),
            code="stock_short",
        )


def _go_live(batch: Batch, found: dict[str, int], at: datetime) -> None:
    live = Batch.objects.filter(pk=batch.pk, state=BatchState.IN_REVIEW).update(
        state=BatchState.LIVE,
        count=found["count"],
        total_cents=found["total_cents"],
        approved_at=at,
        state_at=at,
        is_exhausted=found["count"] == found["owned"],
    )
    if live != 1:
        raise BatchRefused(_("This batch is not in review any more."))


def _write_stocking(
    batch: Batch,
    found: dict[str, int],
    account: TemplateAccount,
    actor: Operator,
    at: datetime,
) -> None:
    LedgerEntry.objects.create(
        at=at,
        action=LedgerAction.STOCK,
        batch=batch,
        template_id=batch.template_id,
        terms_version=account.live_version or 0,
        count=found["count"],
        face_cents=found["total_cents"],
        to_state=CouponState.STOCKED,
        **who(actor),
    )
