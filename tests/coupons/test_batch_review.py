from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from approvals import registry
from approvals.choices import RequestStatus
from approvals.errors import OwnChange
from approvals.models import Request
from approvals.services import expire_requests, send_back_request, withdraw_request
from audit.models import AuditEvent
from coupons import events
from coupons.choices import BatchState, CouponState, LedgerAction, Validity
from coupons.errors import BatchRefused
from coupons.models import Batch, Coupon, LedgerEntry, TemplateAccount
from coupons.stock.reviews import submit_batch
from coupons.terms.reading import FAR_FUTURE
from customers.models import Customer
from operators.errors import NotAllowed
from operators.models import Branch
from publishing import services as publishing
from tests.approvals.people import make_operator, publish
from tests.coupons.making import live_template, make_template, people
from tests.coupons.reviewing import (
    approve,
    approved,
    entries_of,
    loaded,
    require_books,
    submitted,
)


def state_of(batch: Batch) -> str:
    return Batch.objects.values_list("state", flat=True).get(pk=batch.pk)


def test_an_approved_batch_is_live_held_and_in_the_ledger_once(bank: Any) -> None:
    template = live_template()
    batch = loaded(template, 3)

    request = submitted(batch)
    assert state_of(batch) == BatchState.IN_REVIEW
    approve(request)

    batch.refresh_from_db()
    assert (batch.state, batch.count, batch.total_cents) == (BatchState.LIVE, 3, 1500)
    account = TemplateAccount.objects.get(template=template)
    assert (account.held_count, account.held_cents) == (3, 1500)
    [entry] = entries_of(batch, LedgerAction.STOCK)
    assert (entry.coupon_id, entry.count, entry.face_cents) == (None, 3, 1500)
    assert (entry.from_state, entry.to_state, entry.actor_name) == ("", "stocked", "coupon-checker")
    event = AuditEvent.objects.get(event=events.BATCH_APPROVED)
    assert (event.target_id, event.after["total_cents"]) == (str(batch.pk), 1500)
    require_books(template)


def test_the_request_freezes_totals_digest_and_masked_first_rows(bank: Any) -> None:
    template = live_template(face_max_cents=900)
    batch = loaded(template, ["CODE-ABCDEFGH-0001", "CODE-ABCDEFGH-0002"], face_cents=700)
    Batch.objects.filter(pk=batch.pk).update(
        file_name="june.csv", file_sha256="ab" * 32, rows=4, duplicates=1, rejected=1,
        outcome={"reasons": [{"row": 3, "reason": "the code is damaged"}]},
    )  # fmt: skip

    payload = submitted(batch).payload

    assert (payload["count"], payload["total_cents"], payload["min_cents"]) == (2, 1400, 700)
    assert (payload["sha256"], payload["rows"], payload["rejected"]) == ("ab" * 32, 4, 1)
    assert payload["reasons"] == [{"row": 3, "reason": "the code is damaged"}]
    assert [row["shown"] for row in payload["first_rows"]] == ["CODE****0001", "CODE****0002"]
    assert "ABCDEFGH" not in str(payload)


def test_the_review_says_what_stock_and_budget_become(bank: Any) -> None:
    template = live_template(stock_limit=100, budget_cents=100_000)
    approved(template, 10)
    request = submitted(loaded(template, 5))

    rows = {str(row.label): row for row in registry.get(request.kind).describe(request)}

    stock, budget = rows["stock (coupons)"], rows["budget (yuan)"]
    assert (stock.before, stock.after) == ("10 of 100", "15 of 100")
    assert (budget.before, budget.after) == ("50.00 of 1,000.00", "75.00 of 1,000.00")


def test_coupons_of_named_customers_are_theirs_from_the_approval_on(bank: Any) -> None:
    branch = Branch.add_root(code="B1", name="First", name_key="first")
    Customer.objects.create(number="C1", branch=branch)
    Customer.objects.create(number="C2")
    template = live_template()
    batch = loaded(template, 3)
    mine, yours, pooled = Coupon.objects.filter(batch=batch).order_by("pk")
    Coupon.objects.filter(pk=mine.pk).update(customer_number="C1")
    Coupon.objects.filter(pk=yours.pk).update(customer_number="C2")

    approve(submitted(batch))

    for coupon in (mine, yours, pooled):
        coupon.refresh_from_db()
    assert [mine.state, yours.state, pooled.state] == ["claimed", "claimed", "stocked"]
    assert (mine.terms_version, mine.claimed_at is not None) == (1, True)
    first, second = entries_of(batch, LedgerAction.GRANT)
    assert (first.coupon_id, first.accrued_cents, first.branch_path) == (mine.pk, 500, branch.path)
    assert (second.customer_number, second.branch_path) == ("C2", "")
    assert (first.from_state, first.to_state) == (CouponState.STOCKED, CouponState.CLAIMED)
    require_books(template)


def test_days_after_the_claim_count_from_the_approval(bank: Any) -> None:
    Customer.objects.create(number="C1")
    template = live_template(validity=Validity.AFTER_CLAIM, days_after_claim=2, valid_until=None)
    batch = loaded(template, 2, valid_until=FAR_FUTURE, customer_number="C1")
    soon = timezone.now() + timedelta(hours=1)
    first = Coupon.objects.filter(batch=batch).order_by("pk").first()
    Coupon.objects.filter(pk=first.pk).update(valid_until=soon)

    approve(submitted(batch))

    ends = list(Coupon.objects.filter(batch=batch).order_by("pk").values_list("valid_until"))
    assert ends[0][0] == soon
    assert timedelta(days=2) < ends[1][0] - timezone.now() <= timedelta(days=3)


@pytest.mark.parametrize("change", ["gone", "face", "claimed", "customer"])
def test_other_rows_than_those_submitted_are_refused(bank: Any, change: str) -> None:
    template = live_template(face_max_cents=900)
    batch = loaded(template, 3)
    request = submitted(batch)
    coupons = Coupon.objects.filter(pk=Coupon.objects.filter(batch=batch).first().pk)
    changes = {"face": {"face_cents": 600}, "claimed": {"state": "claimed"},
               "customer": {"customer_number": "C1"}}  # fmt: skip
    if change == "gone":
        coupons._raw_delete("default")
    else:
        coupons.update(**changes[change])

    with pytest.raises(BatchRefused) as refused:
        approve(request)

    assert refused.value.code_text == "totals_differ"
    assert state_of(batch) == BatchState.IN_REVIEW
    assert TemplateAccount.objects.get(template=template).held_count == 0
    assert not LedgerEntry.objects.filter(batch=batch).exists()


def test_what_does_not_fit_stock_or_budget_is_refused_with_what_is_short(bank: Any) -> None:
    template = live_template(stock_limit=5, budget_cents=2_000)
    request = submitted(loaded(template, 4))
    approved(template, 3)

    with pytest.raises(BatchRefused) as refused:
        approve(request)

    assert "short by 2 coupons" in str(refused.value)
    assert "short by 15.00 yuan" in str(refused.value)
    require_books(template)


def test_exactly_what_is_left_fits(bank: Any) -> None:
    template = live_template(stock_limit=5, budget_cents=2_500)
    approved(template, 2)

    assert approved(template, 3).state == BatchState.LIVE
    require_books(template)


def test_a_submission_that_cannot_be_held_is_refused_and_stays_loaded(bank: Any) -> None:
    template = live_template(stock_limit=2)
    batch = loaded(template, 3)

    with pytest.raises(BatchRefused, match="short by 1 coupons"):
        submitted(batch)

    assert state_of(batch) == BatchState.LOADED


def test_a_template_must_be_published_to_submit_and_to_approve(bank: Any) -> None:
    draft = make_template()
    TemplateAccount.objects.create(template=draft, code=draft.code, changed_at=timezone.now())
    with pytest.raises(BatchRefused, match="not published"):
        submitted(loaded(draft))

    template = live_template()
    request = submitted(loaded(template))
    TemplateAccount.objects.filter(template=template).update(live_version=None)
    with pytest.raises(BatchRefused, match="not published"):
        approve(request)


def test_face_values_must_lie_in_what_is_published_at_the_approval(bank: Any) -> None:
    template = live_template(face_min_cents=100, face_max_cents=900)
    request = submitted(loaded(template, 1, face_cents=900))
    template.face_max_cents = 800
    publishing.draft_edited(actor=people()[0], draft=template)
    template.save()
    publish(*people(), template)

    with pytest.raises(BatchRefused, match=r"9\.00 to 9\.00 yuan"):
        approve(request)


@pytest.mark.parametrize("ending", ["sent back", "withdrawn", "expired"])
def test_a_review_that_ends_otherwise_leaves_the_batch_loaded(bank: Any, ending: str) -> None:
    maker, checker = people()
    batch = loaded(live_template())
    request = submitted(batch)

    if ending == "sent back":
        send_back_request(actor=checker, request_id=request.pk, comment="Which June?")
    elif ending == "withdrawn":
        withdraw_request(actor=maker, request_id=request.pk)
    else:
        expire_requests(timezone.now() + timedelta(days=30))

    assert state_of(batch) == BatchState.LOADED
    again = submitted(batch)
    approve(again)
    assert state_of(batch) == BatchState.LIVE


def test_neither_who_submits_nor_who_imported_may_approve(bank: Any) -> None:
    batch = loaded(live_template())
    importer = make_operator("importer", "maker", "checker")
    submitter = make_operator("submitter", "maker", "checker")
    Batch.objects.filter(pk=batch.pk).update(created_by=importer)
    request = submit_batch(actor=submitter, batch_id=batch.pk, note="")

    for person in (importer, submitter):
        with pytest.raises(OwnChange):
            approve(request, person)
    assert state_of(batch) == BatchState.IN_REVIEW


def test_who_may_not_change_batches_submits_none(bank: Any) -> None:
    batch = loaded(live_template())

    for role in ("viewer", "branch", "checker"):
        with pytest.raises(NotAllowed):
            submit_batch(actor=make_operator(f"a-{role}", role), batch_id=batch.pk, note="")

    assert state_of(batch) == BatchState.LOADED
    assert not Request.objects.filter(kind="coupon_batch").exists()


def test_a_batch_is_submitted_once_and_only_when_loaded(bank: Any) -> None:
    template = live_template()
    batch = loaded(template)
    request = submitted(batch)
    with pytest.raises(BatchRefused):
        submitted(batch)
    approve(request)
    with pytest.raises(BatchRefused):
        submitted(batch)
    request.refresh_from_db()
    assert request.status == RequestStatus.APPROVED


def test_an_empty_batch_is_refused(bank: Any) -> None:
    with pytest.raises(BatchRefused, match="no coupons"):
        submitted(loaded(live_template(), 0))
