from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from approvals import registry
from approvals.models import Request
from approvals.services import send_back_request
from audit.models import AuditEvent
from coupons import events
from coupons.choices import BatchState, CouponState, LedgerAction
from coupons.errors import BatchRefused, CouponRefused, Frozen, OutOfStock, Voided
from coupons.life import actors
from coupons.models import Batch, Coupon, LedgerEntry, TemplateAccount
from coupons.services import claim_coupon, freeze_coupon, lock_coupon, redeem_coupon
from coupons.stock import recalls
from coupons.stock.freezing import freeze_batch, freeze_batch_by_system, request_unfreeze
from coupons.stock.recalls import finish_recalls, request_recall
from intake.choices import JobState
from intake.models import Job
from intake.running import run_job
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.coupons.making import live_template, people, stock
from tests.coupons.reviewing import approve, entries_of, require_books

_keys = iter(range(1_000_000))


def key() -> str:
    return f"key-{next(_keys)}"


def claim(template: Any, number: str = "C1") -> dict[str, Any]:
    return claim_coupon(
        actor=actors.customer(number), customer_number=number, template_code=template.code,
        key=key(),
    ).body  # fmt: skip


def lock(coupon: dict[str, Any], number: str = "C1") -> None:
    lock_coupon(
        actor=actors.customer(number), coupon_id=coupon["id"], customer_number=number,
        order_cents=10_000, reference="order-1", key=key(),
    )  # fmt: skip


def redeem(coupon: dict[str, Any], number: str = "C1") -> None:
    redeem_coupon(
        actor=actors.customer(number), coupon_id=coupon["id"], customer_number=number,
        order_cents=10_000, reference="order-1", key=key(),
    )  # fmt: skip


def recalled(batch: Batch) -> Job:
    """Proposed and approved; the job waits."""
    approve(request_recall(actor=people()[0], batch_id=batch.pk, reason="printed twice"))
    batch.refresh_from_db()
    return Job.objects.get(kind=recalls.JOB, params__batch=batch.pk)


def states_of(batch: Batch) -> list[str]:
    return list(Coupon.objects.filter(batch=batch).order_by("pk").values_list("state", flat=True))


# --- freezing -------------------------------------------------------------------------------------
def test_one_person_freezes_a_batch_at_once_with_a_reason_on_record(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 2)
    mine = claim(template)

    freeze_batch(actor=people()[1], batch_id=batch.pk, reason="codes leaked")

    with pytest.raises(Frozen):
        claim(template, "C2")
    with pytest.raises(Frozen):
        redeem(mine)
    [entry] = entries_of(batch, LedgerAction.FREEZE)
    assert (entry.coupon_id, entry.from_state, entry.to_state) == (None, "", "")
    event = AuditEvent.objects.get(event=events.BATCH_FROZEN)
    assert (event.reason, event.actor_name) == ("codes leaked", "coupon-checker")
    require_books(template)


def test_freezing_twice_is_freezing_once(bank: Any) -> None:
    batch = stock(live_template(), 1)
    freeze_batch_by_system(batch_id=batch.pk, reason="the books do not tie out")
    freeze_batch(actor=people()[1], batch_id=batch.pk, reason="again")

    [entry] = entries_of(batch, LedgerAction.FREEZE)
    assert (entry.actor_kind, entry.actor_name) == ("system", "system")
    batch.refresh_from_db()
    assert (batch.state, batch.state_reason) == (BatchState.FROZEN, "the books do not tie out")


def test_only_live_batches_are_frozen_with_a_reason_by_who_may(bank: Any) -> None:
    maker, checker = people()
    template = live_template()
    waiting = stock(template, 1, state=BatchState.LOADED)
    with pytest.raises(BatchRefused):
        freeze_batch(actor=checker, batch_id=waiting.pk, reason="no")
    batch = stock(template, 1)
    with pytest.raises(BatchRefused, match="Say why"):
        freeze_batch(actor=checker, batch_id=batch.pk, reason=" ")
    with pytest.raises(NotAllowed):
        freeze_batch(actor=maker, batch_id=batch.pk, reason="mine")
    assert not LedgerEntry.objects.filter(action=LedgerAction.FREEZE).exists()


def test_unfreezing_takes_a_second_person(bank: Any) -> None:
    maker, checker = people()
    template = live_template()
    batch = stock(template, 1)
    with pytest.raises(BatchRefused):
        request_unfreeze(actor=maker, batch_id=batch.pk, reason="it is live")
    freeze_batch(actor=checker, batch_id=batch.pk, reason="codes leaked")
    request = request_unfreeze(actor=maker, batch_id=batch.pk, reason="a false alarm")
    with pytest.raises(Frozen):
        claim(template)

    approve(request)

    assert claim(template)["state"] == "claimed"
    assert entries_of(batch, LedgerAction.UNFREEZE)[0].actor_name == "coupon-checker"
    require_books(template)


# --- recall ---------------------------------------------------------------------------------------
def test_a_recall_stops_everything_at_its_approval(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 4)
    claimed, paying = claim(template), claim(template)
    lock(paying)

    recalled(batch)

    with pytest.raises(OutOfStock):
        claim(template, "C2")
    for coupon in (claimed, paying):
        with pytest.raises(Voided):
            redeem(coupon)
    assert batch.state == BatchState.RECALLED


def test_the_job_voids_what_is_not_redeemed_with_a_ledger_row_each(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 6)
    used, kept, iced = claim(template), claim(template), claim(template)
    redeem(used)
    freeze_coupon(actor=actors.system("test"), coupon_id=iced["id"], note="doubt")
    freeze_coupon(
        actor=actors.system("test"), note="doubt",
        coupon_id=Coupon.objects.filter(state=CouponState.STOCKED).first().pk,
    )  # fmt: skip
    job = recalled(batch)

    assert run_job(job.pk) == JobState.DONE

    job.refresh_from_db()
    assert job.result == {"voided": 5, "voided_cents": 2500, "held": 0}
    assert sorted(states_of(batch)) == ["redeemed"] + ["voided"] * 5
    entries = entries_of(batch, LedgerAction.VOID)
    assert len(entries) == 5
    assert sum(entry.accrued_cents for entry in entries) == -1000
    assert {entry.coupon_id for entry in entries if entry.accrued_cents} == {
        kept["id"], iced["id"],
    }  # fmt: skip
    account = TemplateAccount.objects.get(template=template)
    assert (account.held_count, account.held_cents) == (1, 500)
    assert AuditEvent.objects.get(event=events.RECALL_FINISHED).after["voided"] == 5
    require_books(template)


def test_run_again_it_finds_nothing_to_do(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 3)
    job = recalled(batch)
    run_job(job.pk)
    before = LedgerEntry.objects.count()

    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    run_job(job.pk)

    assert LedgerEntry.objects.count() == before
    require_books(template)


def test_killed_between_slices_it_goes_on_where_it_was(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = live_template()
    batch = stock(template, 7)
    claim(template)
    monkeypatch.setattr(recalls, "SLICE", 2)
    job = recalled(batch)

    slices = recalls._slices(batch, "by")
    next(slices), next(slices)
    slices.close()
    require_books(template)
    run_job(job.pk)

    assert states_of(batch) == ["voided"] * 7
    assert len(entries_of(batch, LedgerAction.VOID)) == 7
    require_books(template)


def test_a_payment_under_way_is_waited_for_and_then_voided(bank: Any) -> None:
    once = {"action": "redeem", "measure": "count", "period": "lifetime", "per": "template"}
    template = live_template(limits=[{**once, "limit": 5}])
    batch = stock(template, 2)
    coupon = claim(template)
    lock(coupon)
    job = recalled(batch)
    run_job(job.pk)
    assert sorted(states_of(batch)) == ["locked", "voided"]
    job.refresh_from_db()
    assert job.result["held"] == 1
    require_books(template)

    assert finish_recalls(timezone.now()) == 0
    assert finish_recalls(timezone.now() + timedelta(days=1)) == 1

    assert states_of(batch) == ["voided"] * 2
    total = LedgerEntry.objects.filter(batch=batch).aggregate(Sum("accrued_cents"))
    assert total["accrued_cents__sum"] == 0
    require_books(template)


def test_the_review_says_how_many_are_where_and_stays_what_is_redeemed(bank: Any) -> None:
    template = live_template()
    batch = stock(template, 5)
    redeem(claim(template))
    claim(template)
    request = request_recall(actor=people()[0], batch_id=batch.pk, reason="printed twice")

    rows = {str(row.label): row for row in registry.get(request.kind).describe(request)}

    shown = {label: (row.before, row.after) for label, row in rows.items()}
    stays = "1 coupons, 5.00 yuan"
    assert shown[str(CouponState.REDEEMED.label)] == (stays, stays)
    assert shown[str(CouponState.CLAIMED.label)] == (stays, str(CouponState.VOIDED.label))
    assert shown[str(CouponState.STOCKED.label)][0] == "3 coupons, 15.00 yuan"


def test_a_recall_sent_back_changes_nothing(bank: Any) -> None:
    batch = stock(live_template(), 1)
    request = request_recall(actor=people()[0], batch_id=batch.pk, reason="printed twice")

    send_back_request(actor=people()[1], request_id=request.pk, comment="they were not")

    batch.refresh_from_db()
    assert batch.state == BatchState.LIVE
    assert not Job.objects.exists()


def test_who_may_not_change_batches_proposes_no_recall(bank: Any) -> None:
    batch = stock(live_template(), 1)
    for role in ("viewer", "branch", "checker"):
        with pytest.raises(NotAllowed):
            request_recall(
                actor=make_operator(f"r-{role}", role), batch_id=batch.pk, reason="why not"
            )
    with pytest.raises(BatchRefused):
        request_recall(actor=people()[0], batch_id=batch.pk, reason="")
    assert not Request.objects.filter(kind="coupon_recall").exists()


def test_a_frozen_batch_can_be_recalled_and_a_recalled_one_not_again(bank: Any) -> None:
    batch = stock(live_template(), 1)
    freeze_batch(actor=people()[1], batch_id=batch.pk, reason="codes leaked")
    recalled(batch)

    with pytest.raises(BatchRefused):
        request_recall(actor=people()[0], batch_id=batch.pk, reason="again")
    with pytest.raises(BatchRefused):
        freeze_batch(actor=people()[1], batch_id=batch.pk, reason="again")


def test_voided_before_the_recall_stays_voided_once(bank: Any) -> None:
    from coupons.services import void_coupon

    template = live_template()
    batch = stock(template, 2)
    first = Coupon.objects.filter(batch=batch).first()
    void_coupon(actor=actors.system("test"), coupon_id=first.pk, note="torn", key=key())
    run_job(recalled(batch).pk)

    assert len(entries_of(batch, LedgerAction.VOID)) == 2
    with pytest.raises(CouponRefused):
        void_coupon(actor=actors.system("test"), coupon_id=first.pk, note="torn", key=key())
    require_books(template)
