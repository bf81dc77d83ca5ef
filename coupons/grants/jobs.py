"""Giving a grant out: in slices that each commit, exactly once however often it is begun again.

Two workers at one grant take different recipients. Limits on claims do not apply: the bank gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from coupons import events
from coupons.choices import BatchState, CouponState, GrantState, RecipientState
from coupons.errors import NotLive, OutOfStock, OutsideAudience
from coupons.grants.estimates import inside, obstacle_of
from coupons.grants.recipients import results_of
from coupons.grants.services import find_grant
from coupons.grants.taking import Recipient, Taker
from coupons.models import Batch, Coupon, Grant, GrantRecipient
from coupons.stock.facts import account_of
from coupons.terms.reading import Terms, terms_of
from customers.models import Customer
from intake.choices import JobState
from operators.models import Branch

if TYPE_CHECKING:
    from coupons.models import TemplateAccount
    from intake.models import Job
    from intake.running import RunningJob

SLICE = 500
UNKNOWN, STOPPED = "unknown_customer", "stopped"


class _BranchOfStock(NamedTuple):
    id: int
    path: str


def run_grant(job: RunningJob) -> Mapping[str, Any]:
    grant = find_grant(job.params["grant"])
    found = results_of(grant.pk)
    done = sum(count for state, count in found.items() if state != RecipientState.WAITING)
    total = sum(found.values())
    job.told(done, total, _("giving out coupons"))
    # First whoever can be served without waiting; then the rest, waiting for coupons that are
    # held by somebody else at this moment.
    for patient in (False, True):
        for settled in _slices(grant, job.params["by"], patient=patient):
            done += settled
            job.told(done, total)
    return finish(grant.pk)


def finish(grant_id: int) -> dict[str, int]:
    """Done, when nobody waits any more; audited by whoever sees it first."""
    found = results_of(grant_id)
    result = {
        "granted": found.get(RecipientState.GRANTED, 0),
        "refused": found.get(RecipientState.REFUSED, 0),
    }
    if found.get(RecipientState.WAITING):
        return result
    with transaction.atomic():
        closed = Grant.objects.filter(pk=grant_id, state=GrantState.RUNNING).update(
            state=GrantState.DONE, finished_at=timezone.now(), **result
        )
        if closed:
            grant = find_grant(grant_id)
            record(events.GRANT_FINISHED, actor=None, target=grant, after=result)
    return result


def stop(job: Job) -> None:
    """The job was cancelled: who has not got a coupon gets none. A job that failed can be
    continued, so it leaves them waiting."""
    if job.state != JobState.CANCELLED:
        return
    grant_id = job.params["grant"]
    waiting = GrantRecipient.objects.filter(grant_id=grant_id, state=RecipientState.WAITING)
    list(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
    waiting.update(state=RecipientState.REFUSED, reason=STOPPED)
    finish(grant_id)


# --- slices ---------------------------------------------------------------------------------------
def _slices(grant: Grant, by: str, *, patient: bool) -> Iterator[int]:
    """How many recipients each slice settled, one way or the other."""
    taker: Taker | None = None
    after = 0
    while True:
        with transaction.atomic():
            rows = _waiting(grant.pk, after, patient)
            if not rows:
                return
            after = rows[-1][0]
            at = timezone.now()
            account = account_of(grant.template_id)
            if account is None or obstacle_of(account, at):
                settled = _refuse([pk for pk, _number in rows], NotLive.code)
            else:
                terms = _terms(account)
                if taker is None or taker.terms.version != terms.version:
                    taker = Taker(terms, grant.pk, by, grant.name)
                settled = _settle(rows, account, taker, at, patient)
        yield settled


def _waiting(grant_id: int, after: int, patient: bool) -> list[tuple[int, str]]:
    waiting = GrantRecipient.objects.filter(
        grant_id=grant_id, state=RecipientState.WAITING, pk__gt=after
    ).order_by("pk")
    locked = waiting.select_for_update(skip_locked=not patient, no_key=True)
    return list(locked.values_list("pk", "customer_number")[:SLICE])


def _settle(
    rows: list[tuple[int, str]],
    account: TemplateAccount,
    taker: Taker,
    at: datetime,
    patient: bool,
) -> int:
    left, strangers = _meant(rows, account, at)
    settled = _refuse_strangers(strangers)
    for branch in _branches_of_stock(account.template_id):
        near = [each for each in left if each.path.startswith(branch.path)]
        left = _without(left, _given(taker, near, branch.id, at, patient))
    left = _without(left, _given(taker, left, None, at, patient))
    settled += len(rows) - len(strangers) - len(left)
    if patient:
        settled += _refuse([each.id for each in left], OutOfStock.code)
    return settled


def _given(
    taker: Taker, wanted: list[Recipient], branch_id: int | None, at: datetime, patient: bool
) -> set[int]:
    if not wanted:
        return set()
    return taker.give(wanted, branch_id=branch_id, at=at, patient=patient)


def _without(recipients: list[Recipient], gone: set[int]) -> list[Recipient]:
    return [each for each in recipients if each.id not in gone]


def _meant(
    rows: list[tuple[int, str]], account: TemplateAccount, at: datetime
) -> tuple[list[Recipient], list[tuple[int, str]]]:
    """Those to whom the template may be given, and the others."""
    customers = Customer.objects.filter(number__in=[number for _pk, number in rows])
    found = dict(inside(customers, account, at).order_by().values_list("number", "branch__path"))
    return (
        [Recipient(pk, number, found[number] or "") for pk, number in rows if number in found],
        [(pk, number) for pk, number in rows if number not in found],
    )


def _refuse_strangers(strangers: list[tuple[int, str]]) -> int:
    numbers = [number for _pk, number in strangers]
    known = set(
        Customer.objects.filter(number__in=numbers).order_by().values_list("number", flat=True)
    )
    _refuse([pk for pk, number in strangers if number not in known], UNKNOWN)
    _refuse([pk for pk, number in strangers if number in known], OutsideAudience.code)
    return len(strangers)


def _refuse(ids: Iterable[int], reason: str) -> int:
    waiting = GrantRecipient.objects.filter(pk__in=list(ids), state=RecipientState.WAITING)
    return waiting.update(state=RecipientState.REFUSED, reason=reason)


def _branches_of_stock(template_id: int) -> list[_BranchOfStock]:
    """Branches that coupons in stock are for, the lowest first: what only few may have goes to
    those few, and what all may have is left for the others."""
    live = Batch.objects.filter(
        template_id=template_id, state=BatchState.LIVE, is_exhausted=False
    ).values_list("pk", flat=True)
    stocked = Coupon.objects.filter(
        branch_id__isnull=False, batch_id__in=list(live), state=CouponState.STOCKED
    ).order_by()
    ids = list(stocked.values_list("branch_id", flat=True).distinct())
    branches = Branch.objects.filter(pk__in=ids).order_by("-depth", "path")
    return [_BranchOfStock(*row) for row in branches.values_list("pk", "path")]


def _terms(account: TemplateAccount) -> Terms:
    assert account.live_version is not None
    return terms_of(current_schema(), account.template_id, account.live_version)
