from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from approvals.models import Request
from coupons import services
from coupons.choices import BatchState
from coupons.life import actors
from coupons.models import Batch, CouponTemplate
from customers.models import Customer
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, people, stock

PAGE = "/admin/coupons/batch/"
SENT = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def template(bank: Any) -> CouponTemplate:
    return live_template("T-BATCH")


def test_the_list_is_cut_by_state(template: CouponTemplate) -> None:
    live, frozen = stock(template, 2), stock(template, 3, state=BatchState.FROZEN)
    client = sign_in(people()[1])

    def shown(tab: str) -> list[int]:
        return [row.pk for row in client.get(f"{PAGE}?tab={tab}").context["cl"].result_list]

    assert shown("all") == [frozen.pk, live.pk]
    assert shown("frozen") == [frozen.pk]
    assert shown("review") == []


def test_the_page_counts_by_state_and_tells_the_ledger(template: CouponTemplate) -> None:
    batch = stock(template, 3)
    Customer.objects.create(number="C1")
    services.claim_coupon(
        actor=actors.customer("C1"), customer_number="C1", template_code="T-BATCH", key="k1"
    )

    page = sign_in(people()[0]).get(f"{PAGE}{batch.pk}/change/")

    assert [(str(label), count) for label, count, _state in page.context["counts"]] == [
        ("in stock", "2"), ("claimed", "1"),
    ]  # fmt: skip
    assert page.context["total"].claimed == 1
    text = page.content.decode()
    assert f"/admin/coupons/coupon/?batch={batch.pk}" in text
    assert "3 coupons, 15.00 yuan" in text


def test_a_checker_freezes_and_a_maker_asks_to_unfreeze(template: CouponTemplate) -> None:
    batch = stock(template, 1)
    maker, checker = map(sign_in, people())

    checker.post(f"{PAGE}{batch.pk}/freeze/", {"reason": "codes leaked", **SENT})
    batch.refresh_from_db()
    assert (batch.state, batch.state_reason) == (BatchState.FROZEN, "codes leaked")
    assert "codes leaked" in maker.get(f"{PAGE}{batch.pk}/change/").content.decode()

    maker.post(f"{PAGE}{batch.pk}/unfreeze/", {"reason": "a false alarm", **SENT})
    request = Request.objects.pending().get(target_kind="coupons.batch", target_id=str(batch.pk))
    assert request.note == "a false alarm"
    batch.refresh_from_db()
    assert batch.state == BatchState.FROZEN
    assert f"/approvals/request/{request.pk}/" in (
        maker.get(f"{PAGE}{batch.pk}/change/").content.decode()
    )


def test_a_loaded_batch_is_submitted_from_its_page(template: CouponTemplate) -> None:
    batch = stock(template, 2, state=BatchState.LOADED)
    client = sign_in(people()[0])

    offered = client.get(f"{PAGE}{batch.pk}/change/").content.decode()
    assert f"{PAGE}{batch.pk}/submit/" in offered
    assert f"{PAGE}{batch.pk}/recall/" not in offered
    client.post(f"{PAGE}{batch.pk}/submit/", {"note": "for July", **SENT})

    assert Batch.objects.get().state == BatchState.IN_REVIEW
    assert Request.objects.pending().get().note == "for July"


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        ("viewer", ("submit", "freeze", "unfreeze", "recall", "discard")),
        ("branch", ("submit", "freeze", "unfreeze", "recall", "discard")),
        ("maker", ("freeze",)),
        ("checker", ("submit", "recall", "discard")),
    ],
)
def test_others_change_no_batch(
    template: CouponTemplate, role: str, verbs: tuple[str, ...]
) -> None:
    batch = stock(template, 1)
    client = sign_in(make_operator(f"some-{role}", role))

    for verb in verbs:
        form = {"reason": "x", "note": "", **SENT}
        assert client.post(f"{PAGE}{batch.pk}/{verb}/", form).status_code == 403, verb
    batch.refresh_from_db()
    assert batch.state == BatchState.LIVE
    assert not Request.objects.pending().exists()
