from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from approvals import registry
from approvals.errors import OwnChange
from approvals.services import send_back_request
from audit.models import AuditEvent
from coupons import events
from coupons.choices import GrantReason, GrantState, LedgerAction, RecipientState, Validity
from coupons.errors import GrantRefused
from coupons.grants import jobs, lists, services
from coupons.grants.services import (
    GrantContent,
    continue_grant,
    create_grant,
    discard_grant,
    edit_grant,
    submit_grant,
)
from coupons.models import Coupon, CouponTemplate, Grant, GrantRecipient, LedgerEntry
from coupons.stock.freezing import freeze_batch_by_system
from customers.models import Customer
from intake.choices import JobState
from intake.jobs import cancel_job
from intake.models import Job
from intake.running import run_job
from operators.errors import NotAllowed
from operators.models import Branch
from tests.approvals.people import make_operator
from tests.coupons.making import live_template, people, stock
from tests.coupons.reviewing import approve, require_books


def customers(*numbers: str, branch: Branch | None = None, **columns: Any) -> list[str]:
    Customer.objects.bulk_create(
        Customer(number=number, branch=branch, **columns) for number in numbers
    )
    return list(numbers)


def content(
    template: CouponTemplate, numbers: list[str] | None = None, **more: Any
) -> GrantContent:
    listed = None if numbers is None else [
        lists.Listed(number, row) for row, number in enumerate(numbers, 2)
    ]  # fmt: skip
    return GrantContent(template_id=template.pk, name="June thanks", numbers=listed, **more)


def drafted(template: CouponTemplate, numbers: list[str] | None = None, **more: Any) -> Grant:
    return create_grant(actor=people()[0], content=content(template, numbers, **more))


def started(grant: Grant) -> Job:
    approve(submit_grant(actor=people()[0], grant_id=grant.pk))
    return Job.objects.filter(kind=services.JOB).order_by("-pk")[0]


def given(template: CouponTemplate, numbers: list[str] | None = None, **more: Any) -> Grant:
    grant = drafted(template, numbers, **more)
    assert run_job(started(grant).pk) == JobState.DONE
    grant.refresh_from_db()
    return grant


def results(grant: Grant) -> dict[str, str]:
    rows = GrantRecipient.objects.filter(grant=grant).order_by("pk")
    return {row.customer_number: row.reason or row.state for row in rows}


# --- what is given --------------------------------------------------------------------------------
def test_each_customer_of_a_list_gets_one_with_a_ledger_row(bank: Any) -> None:
    branch = Branch.add_root(code="B1", name="First", name_key="first")
    template = live_template()
    stock(template, 5)
    numbers = [*customers("C1", branch=branch), *customers("C2")]

    grant = given(template, numbers)

    assert (grant.state, grant.granted, grant.refused) == (GrantState.DONE, 2, 0)
    coupons = Coupon.objects.filter(state="claimed").order_by("pk")
    assert [coupon.customer_number for coupon in coupons] == ["C1", "C2"]
    assert all(coupon.terms_version == 1 and coupon.claimed_at for coupon in coupons)
    first, second = LedgerEntry.objects.filter(action=LedgerAction.GRANT).order_by("pk")
    assert (first.accrued_cents, first.branch_path, first.channel) == (500, branch.path, "job")
    assert (first.from_state, first.to_state, second.branch_path) == ("stocked", "claimed", "")
    assert first.actor_name == "coupon-maker / coupon-checker"
    assert AuditEvent.objects.get(event=events.GRANT_FINISHED).after == {"granted": 2, "refused": 0}
    require_books(template)


def test_several_for_each_customer(bank: Any) -> None:
    template = live_template()
    stock(template, 7)

    grant = given(template, customers("C1", "C2"), per_customer=3)

    assert grant.granted == 6
    assert Coupon.objects.filter(customer_number="C2", state="claimed").count() == 3
    require_books(template)


def test_a_rule_means_those_whom_it_meant_when_it_was_submitted(bank: Any) -> None:
    template = live_template()
    stock(template, 5)
    customers("C1", "C2", groups=["loan"])
    customers("C3")
    grant = drafted(
        template, audience={"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    )

    request = submit_grant(actor=people()[0], grant_id=grant.pk)
    customers("C4", groups=["loan"])
    Customer.objects.filter(number="C2").update(groups=[])
    approve(request)
    run_job(Job.objects.get(kind=services.JOB).pk)

    assert results(grant) == {"C1": "granted", "C2": "granted"}
    assert request.payload["count"] == 2


def test_limits_on_claims_do_not_apply(bank: Any) -> None:
    once = {"action": "claim", "measure": "count", "period": "lifetime", "per": "customer"}
    template = live_template(limits=[{**once, "limit": 1}], is_claimable=False)
    stock(template, 3)

    assert given(template, customers("C1"), per_customer=2).granted == 2


def test_days_after_the_claim_count_from_the_gift(bank: Any) -> None:
    template = live_template(validity=Validity.AFTER_CLAIM, days_after_claim=2, valid_until=None)
    stock(template, 1, valid_until=timezone.now() + timedelta(days=90))

    given(template, customers("C1"))

    coupon = Coupon.objects.get(customer_number="C1")
    assert timedelta(days=2) < coupon.valid_until - timezone.now() <= timedelta(days=3)


def test_what_expires_first_goes_first_and_what_is_over_never(bank: Any) -> None:
    template, now = live_template(), timezone.now()
    stock(template, ["LATER"], valid_until=now + timedelta(days=9))
    over = stock(template, ["OVER"], valid_until=now - timedelta(days=1))
    batch = stock(template, ["C-A", "C-B"], valid_until=now + timedelta(days=5))
    first = Coupon.objects.filter(batch=batch).first()
    Coupon.objects.filter(pk=first.pk).update(valid_until=now + timedelta(days=7))

    given(template, customers("C1", "C2", "C3"))

    states = Coupon.objects.filter(batch=over).values_list("state", flat=True)
    assert list(states) == ["stocked"]
    got = dict(GrantRecipient.objects.values_list("customer_number", "coupon_id"))
    assert got["C3"] == first.pk


def test_who_finds_no_coupon_left_is_told_so(bank: Any) -> None:
    template = live_template()
    stock(template, 3)
    grant = drafted(template, customers("C1", "C2", "C3"))
    job = started(grant)
    Coupon.objects.filter(pk=Coupon.objects.first().pk).update(customer_number="X", state="claimed")

    run_job(job.pk)

    assert sorted(results(grant).values()) == ["granted", "granted", "out_of_stock"]
    grant.refresh_from_db()
    assert (grant.state, grant.granted, grant.refused) == (GrantState.DONE, 2, 1)


def test_coupons_of_a_frozen_batch_are_not_given(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 2)
    grant = drafted(template, customers("C1"))
    job = started(grant)
    freeze_batch_by_system(batch_id=batch.pk, reason="leaked")

    run_job(job.pk)

    assert results(grant) == {"C1": "out_of_stock"}


def test_nobody_outside_the_template_s_audience_or_branch_gets_one(bank: Any) -> None:
    ours = Branch.add_root(code="B1", name="First", name_key="first")
    theirs = Branch.add_root(code="B2", name="Second", name_key="second")
    rule = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
    template = live_template(audience=rule, branch=ours)
    stock(template, 9)
    customers("C1", branch=ours, groups=["loan"])
    customers("C2", branch=ours)
    customers("C3", branch=theirs, groups=["loan"])
    customers("C4", groups=["loan"])

    grant = drafted(template, ["C1", "C2", "C3", "C4"])
    request = submit_grant(actor=people()[0], grant_id=grant.pk)
    assert request.payload["outside"] == 3
    approve(request)
    run_job(Job.objects.get(kind=services.JOB).pk)

    outside = "outside_audience"
    assert results(grant) == {"C1": "granted", "C2": outside, "C3": outside, "C4": outside}


def test_coupons_for_a_branch_go_to_its_customers_and_what_all_may_have_to_the_others(
    bank: Any,
) -> None:
    city = Branch.add_root(code="B1", name="City", name_key="city")
    market = Branch.objects.get(pk=city.pk).add_child(code="B2", name="Market", name_key="market")
    other = Branch.add_root(code="B3", name="Other", name_key="other")
    template = live_template()
    stock(template, ["OF-CITY"], branch=city)
    stock(template, ["OF-MARKET"], branch=market)
    stock(template, ["OF-ALL-1", "OF-ALL-2"])
    customers("M1", "M2", "M3", branch=market)
    customers("O1", "O2", branch=other)

    grant = given(template, ["M1", "M2", "M3", "O1"])
    again = given(template, ["O2"]) if Coupon.objects.filter(state="stocked").exists() else None

    assert set(results(grant).values()) == {"granted"}
    assert again is None
    for coupon in Coupon.objects.select_related("branch"):
        home = Customer.objects.get(number=coupon.customer_number).branch
        assert coupon.branch is None or home.path.startswith(coupon.branch.path)
    require_books(template)


# --- before it is given ---------------------------------------------------------------------------
def test_a_list_with_unknown_or_double_numbers_is_refused_with_the_rows(bank: Any) -> None:
    template = live_template()
    customers("C1", "C2")

    with pytest.raises(GrantRefused) as refused:
        drafted(template, ["C1", "NOBODY", "C2", "C1"])

    sentence = str(refused.value)
    assert "NOBODY" in sentence
    assert "3" in sentence
    assert "5" in sentence
    assert not Grant.objects.exists()


def test_a_list_is_typed_or_read_from_a_file(bank: Any, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("客户号,备注\nC1,a\nC2,b\n".encode("gb18030"))

    assert lists.of_file(file) == [("C1", 2), ("C2", 3)]
    assert lists.typed("C1， C2\nC3") == [("C1", 1), ("C2", 1), ("C3", 2)]
    with pytest.raises(GrantRefused, match="C-1"):
        lists.typed("C1\nC-1")


def test_more_than_is_in_stock_is_refused_at_the_submission_and_at_the_approval(bank: Any) -> None:
    template = live_template()
    stock(template, 2)
    numbers = customers("C1", "C2", "C3")
    short = drafted(template, numbers)
    with pytest.raises(GrantRefused) as refused:
        submit_grant(actor=people()[0], grant_id=short.pk)
    assert refused.value.code_text == "out_of_stock"
    short.refresh_from_db()
    assert short.state == GrantState.DRAFT

    request = submit_grant(actor=people()[0], grant_id=drafted(template, numbers[:2]).pk)
    started(drafted(template, numbers[:1]))
    with pytest.raises(GrantRefused) as refused:
        approve(request)
    assert refused.value.code_text == "out_of_stock"


def test_a_compensation_needs_its_explanation(bank: Any) -> None:
    template = live_template()
    numbers = customers("C1")
    with pytest.raises(GrantRefused) as refused:
        drafted(template, numbers, reason=GrantReason.COMPENSATION)
    assert refused.value.code_text == "explanation_required"

    grant = drafted(
        template, numbers, reason=GrantReason.COMPENSATION, explanation="charged twice on 1 June"
    )
    assert grant.explanation == "charged twice on 1 June"


@pytest.mark.parametrize(
    ("more", "numbers"),
    [({"per_customer": 0}, ["C1"]), ({"per_customer": 99}, ["C1"]), ({}, [])],
)
def test_what_makes_no_sense_cannot_be_submitted(bank: Any, more: Any, numbers: Any) -> None:
    template = live_template()
    stock(template, 3)
    customers("C1")
    with pytest.raises(GrantRefused):
        submit_grant(actor=people()[0], grant_id=drafted(template, numbers, **more).pk)


def test_the_template_must_be_published_and_within_its_period(bank: Any) -> None:
    from coupons.models import TemplateAccount

    template = live_template()
    stock(template, 3)
    grant = drafted(template, customers("C1"))
    request = submit_grant(actor=people()[0], grant_id=grant.pk)
    TemplateAccount.objects.filter(template=template).update(ends_at=timezone.now())

    with pytest.raises(GrantRefused) as refused:
        approve(request)

    assert refused.value.code_text == "template_not_live"


def test_a_template_withdrawn_while_it_runs_ends_the_giving(bank: Any) -> None:
    from coupons.models import TemplateAccount

    template = live_template()
    stock(template, 3)
    grant = drafted(template, customers("C1"))
    job = started(grant)
    TemplateAccount.objects.filter(template=template).update(live_version=None)

    run_job(job.pk)

    assert results(grant) == {"C1": "not_live"}


def test_the_review_says_count_cost_and_to_whom(bank: Any) -> None:
    template = live_template(face_min_cents=100, face_max_cents=500)
    stock(template, 9)
    grant = drafted(template, customers("C1", "C2"), per_customer=2)
    request = submit_grant(actor=people()[0], grant_id=grant.pk)

    rows = {str(row.label): row.after for row in registry.get(request.kind).describe(request)}

    assert rows["coupons"] == "4"
    assert rows["cost (yuan)"] == "4.00 – 20.00"
    assert rows["in stock"] == "9"


def test_sent_back_it_is_a_draft_again_and_may_be_changed(bank: Any) -> None:
    maker, checker = people()
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1", "C2"), per_customer=2)
    request = submit_grant(actor=maker, grant_id=grant.pk)
    with pytest.raises(GrantRefused):
        edit_grant(actor=maker, grant_id=grant.pk, content=content(template, ["C1"]))

    send_back_request(actor=checker, request_id=request.pk, comment="only one")
    edit_grant(actor=maker, grant_id=grant.pk, content=content(template, ["C1"]))

    assert submit_grant(actor=maker, grant_id=grant.pk).payload["count"] == 1


def test_a_draft_keeps_its_list_when_it_is_edited_without_one(bank: Any) -> None:
    maker = people()[0]
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1", "C2"))

    edit_grant(actor=maker, grant_id=grant.pk, content=content(template, None, per_customer=2))

    assert submit_grant(actor=maker, grant_id=grant.pk).payload["count"] == 4


def test_other_recipients_than_those_submitted_are_refused(bank: Any) -> None:
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1", "C2"))
    request = submit_grant(actor=people()[0], grant_id=grant.pk)
    GrantRecipient.objects.create(grant=grant, customer_number="C3")

    with pytest.raises(GrantRefused):
        approve(request)


def test_maker_and_checker_are_two(bank: Any) -> None:
    template = live_template()
    stock(template, 9)
    both = make_operator("both", "maker", "checker")
    grant = create_grant(actor=both, content=content(template, customers("C1")))
    request = submit_grant(actor=people()[0], grant_id=grant.pk)

    with pytest.raises(OwnChange):
        approve(request, both)


def test_who_may_not_drafts_submits_and_discards_none(bank: Any) -> None:
    template = live_template()
    numbers = customers("C1")
    grant = drafted(template, numbers)
    for role in ("viewer", "branch", "checker"):
        person = make_operator(f"g-{role}", role)
        for verb in (
            lambda: create_grant(actor=person, content=content(template, numbers)),  # noqa: B023
            lambda: edit_grant(actor=person, grant_id=grant.pk, content=content(template, numbers)),  # noqa: B023
            lambda: submit_grant(actor=person, grant_id=grant.pk),  # noqa: B023
            lambda: discard_grant(actor=person, grant_id=grant.pk),  # noqa: B023
        ):
            with pytest.raises(NotAllowed):
                verb()
    grant.refresh_from_db()
    assert grant.state == GrantState.DRAFT


def test_a_discarded_draft_is_over(bank: Any) -> None:
    maker = people()[0]
    grant = drafted(live_template(), customers("C1"))
    discard_grant(actor=maker, grant_id=grant.pk, reason="not needed")

    with pytest.raises(GrantRefused):
        submit_grant(actor=maker, grant_id=grant.pk)


# --- work that is interrupted ---------------------------------------------------------------------
def test_run_twice_it_gives_once(bank: Any) -> None:
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1", "C2"))
    job = started(grant)
    run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)

    run_job(job.pk)

    assert LedgerEntry.objects.filter(action=LedgerAction.GRANT).count() == 2
    assert AuditEvent.objects.filter(event=events.GRANT_FINISHED).count() == 1
    require_books(template)


def test_killed_between_slices_it_goes_on_where_it_was(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SLICE", 2)
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers(*(f"C{n}" for n in range(7))))
    job = started(grant)
    slices = jobs._slices(grant, "by", patient=False)
    assert [next(slices), next(slices)] == [2, 2]
    slices.close()

    run_job(job.pk)

    assert LedgerEntry.objects.filter(action=LedgerAction.GRANT).count() == 7
    coupons = GrantRecipient.objects.filter(grant=grant).values_list("coupon_id", flat=True)
    assert len(set(coupons)) == 7
    require_books(template)


def test_a_cancelled_grant_leaves_the_rest_without(bank: Any) -> None:
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1"))
    job = started(grant)

    cancel_job(actor=people()[1], job=job)

    grant.refresh_from_db()
    assert (grant.state, grant.refused) == (GrantState.DONE, 1)
    assert results(grant) == {"C1": "stopped"}


def test_a_failed_grant_is_continued_by_a_checker(bank: Any) -> None:
    maker, checker = people()
    template = live_template()
    stock(template, 9)
    grant = drafted(template, customers("C1"))
    job = started(grant)
    with pytest.raises(GrantRefused):
        continue_grant(actor=checker, grant_id=grant.pk)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    with pytest.raises(NotAllowed):
        continue_grant(actor=maker, grant_id=grant.pk)

    run_job(continue_grant(actor=checker, grant_id=grant.pk).pk)

    assert GrantRecipient.objects.get(grant=grant).state == RecipientState.GRANTED
