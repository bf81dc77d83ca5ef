"""Real threads on committed rows: whatever meets whatever, ledger and states stay the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from approvals.errors import ApprovalError
from approvals.services import approve_request
from coupons.choices import BatchState, CouponState, GrantState, LedgerAction
from coupons.errors import BatchRefused, CouponRefused, GrantRefused
from coupons.grants import jobs as grant_jobs
from coupons.grants import lists, services
from coupons.life import actors
from coupons.models import Batch, Coupon, GrantRecipient, LedgerEntry, TemplateAccount
from coupons.services import claim_coupon, redeem_coupon
from coupons.stock import recalls
from coupons.stock.recalls import request_recall
from customers.models import Customer
from intake.models import Job
from intake.running import run_job
from operators.models import Operator
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank
from tests.coupons.making import live_template, people, stock
from tests.coupons.reviewing import loaded, require_books, submitted


@pytest.fixture(scope="module")
def bank(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    with django_db_blocker.unblock():
        with racing_bank() as bank:
            connection.set_schema_to_public()
            yield bank
        connection.set_schema_to_public()


@pytest.fixture
def racing(bank: Any, django_db_blocker: Any) -> Iterator[Any]:
    with django_db_blocker.unblock(), tenant_context(bank):
        yield bank


def second_checker() -> Operator:
    found = Operator.objects.filter(username="second").first()
    return found or make_operator("second", "checker")


def approving(request_id: int, checker: Operator) -> Callable[[], Any]:
    return lambda: approve_request(actor=checker, request_id=request_id)


def test_two_checkers_who_approve_at_once_stock_the_batch_once(racing: Any) -> None:
    template = live_template()
    batch = loaded(template, 20)
    request = submitted(batch)

    answers = at_once(
        racing, approving(request.pk, people()[1]), approving(request.pk, second_checker())
    )

    refused = [each for each in answers if isinstance(each, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], ApprovalError)
    assert LedgerEntry.objects.filter(batch=batch, action=LedgerAction.STOCK).count() == 1
    require_books(template)


def test_of_batches_approved_at_once_only_what_fits_is_stocked(racing: Any) -> None:
    template = live_template(stock_limit=50)
    requests = [submitted(loaded(template, 20)) for _each in range(5)]

    answers = at_once(racing, *(approving(request.pk, people()[1]) for request in requests))

    refused = [each for each in answers if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [BatchRefused] * 3
    assert Counter(Batch.objects.filter(template=template).values_list("state", flat=True)) == {
        BatchState.LIVE: 2, BatchState.IN_REVIEW: 3,
    }  # fmt: skip
    assert TemplateAccount.objects.get(template=template).held_count == 40
    require_books(template)


def grant_of(template: Any, numbers: list[str], per_customer: int = 1) -> Job:
    Customer.objects.bulk_create(
        (Customer(number=number) for number in numbers), ignore_conflicts=True
    )
    listed = [lists.Listed(number, row) for row, number in enumerate(numbers, 2)]
    content = services.GrantContent(
        template_id=template.pk, name="race", numbers=listed, per_customer=per_customer
    )
    maker, checker = people()
    grant = services.create_grant(actor=maker, content=content)
    request = services.submit_grant(actor=maker, grant_id=grant.pk)
    approve_request(actor=checker, request_id=request.pk)
    return Job.objects.get(params__grant=grant.pk)


class _Told:
    """As much of a running job as the work asks for."""

    def __init__(self, job: Job) -> None:
        self.params = job.params

    def told(self, *_how_far: Any) -> None: ...


def test_a_grant_that_several_workers_run_at_once_gives_each_recipient_once(
    racing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant_jobs, "SLICE", 7)
    template = live_template()
    stock(template, 150)
    job = grant_of(template, [f"G{number}" for number in range(100)])

    answers = at_once(racing, *(lambda: grant_jobs.run_grant(_Told(job)) for _each in range(4)))

    assert not [each for each in answers if isinstance(each, Exception)]
    grant = services.find_grant(job.params["grant"])
    assert (grant.state, grant.granted, grant.refused) == (GrantState.DONE, 100, 0)
    coupons = list(GrantRecipient.objects.filter(grant=grant).values_list("coupon_id", flat=True))
    assert len(set(coupons)) == 100
    assert LedgerEntry.objects.filter(template=template, action="grant").count() == 100
    require_books(template)


def test_a_grant_among_claims_leaves_nobody_without_while_there_is_one(
    racing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant_jobs, "SLICE", 7)
    template = live_template()
    stock(template, 160)
    job = grant_of(template, [f"G{number}" for number in range(100)])

    claims = [_claiming(template, f"A{lane}", 20) for lane in range(4)]
    answers = at_once(racing, lambda: grant_jobs.run_grant(_Told(job)), *claims)

    assert not [each for each in answers if isinstance(each, Exception)]
    grant = services.find_grant(job.params["grant"])
    claimed = LedgerEntry.objects.filter(template=template, action="claim").count()
    assert grant.granted + claimed == 160
    assert grant.granted == min(100, 160 - claimed)
    require_books(template)


def test_grants_that_together_want_more_than_is_there_are_not_both_approved(racing: Any) -> None:
    template = live_template()
    stock(template, 15)
    maker, checker = people()
    requests = []
    for letter in "XY":
        numbers = [f"{letter}{number}" for number in range(10)]
        Customer.objects.bulk_create(Customer(number=number) for number in numbers)
        listed = [lists.Listed(number, 2) for number in numbers]
        content = services.GrantContent(template_id=template.pk, name=letter, numbers=listed)
        grant = services.create_grant(actor=maker, content=content)
        requests.append(services.submit_grant(actor=maker, grant_id=grant.pk))

    answers = at_once(racing, *(approving(request.pk, checker) for request in requests))

    assert [type(each) for each in answers if isinstance(each, Exception)] == [GrantRefused]


def _claiming(template: Any, name: str, times: int, *, redeem: bool = False) -> Callable[[], int]:
    def claim_all() -> int:
        done = 0
        for number in range(times):
            customer = f"{name}-{number}"
            doer = actors.customer(customer)
            try:
                coupon = claim_coupon(
                    actor=doer, customer_number=customer, template_code=template.code, key="c"
                ).body
                done += 1
                if redeem:
                    redeem_coupon(
                        actor=doer, coupon_id=coupon["id"], customer_number=customer,
                        order_cents=10_000, reference=customer, key="r",
                    )  # fmt: skip
            except CouponRefused:
                continue
        return done

    return claim_all


def test_a_recall_against_claims_and_redemptions_leaves_nothing_in_anybody_s_hands(
    racing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "SLICE", 10)
    template = live_template()
    batch = stock(template, 300)
    request = request_recall(actor=people()[0], batch_id=batch.pk, reason="printed twice")
    takers = [_claiming(template, f"R{lane}", 60, redeem=lane % 2 == 0) for lane in range(4)]

    def recall() -> Any:
        approve_request(actor=people()[1], request_id=request.pk)
        job = Job.objects.get(kind=recalls.JOB, params__batch=batch.pk)
        return run_job(job.pk)

    answers = at_once(racing, recall, *takers)

    assert not [each for each in answers if isinstance(each, Exception)]
    states = Counter(Coupon.objects.filter(batch=batch).values_list("state", flat=True))
    assert set(states) <= {CouponState.VOIDED, CouponState.REDEEMED}
    assert states.total() == 300
    voided = LedgerEntry.objects.filter(batch=batch, action=LedgerAction.VOID)
    assert voided.count() == voided.values("coupon_id").distinct().count()
    require_books(template)


def test_a_recall_run_by_two_workers_at_once_voids_each_coupon_once(
    racing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "SLICE", 10)
    template = live_template()
    batch = stock(template, 200)
    request = request_recall(actor=people()[0], batch_id=batch.pk, reason="printed twice")
    approve_request(actor=people()[1], request_id=request.pk)
    job = Job.objects.get(kind=recalls.JOB, params__batch=batch.pk)

    answers = at_once(racing, *(lambda: recalls.run_recall(_Told(job)) for _each in range(3)))

    assert not [each for each in answers if isinstance(each, Exception)]
    assert LedgerEntry.objects.filter(batch=batch, action=LedgerAction.VOID).count() == 200
    require_books(template)
