from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from audit.models import AuditEvent
from coupons import events, services
from coupons.choices import BatchState, CouponState
from coupons.life import actors
from coupons.models import Coupon, CouponTemplate
from coupons.stock import listing
from coupons.stock.codes import Vault
from coupons.stock.listing import Asked, Place
from coupons.stock.standing import effective_state
from customers.models import Customer
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, people, stock
from tests.operators.people import make_branch

PAGE = "/admin/coupons/coupon/"
# What a dialog sends beside its fields.
SENT = {"_form_submitted": "True"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def template(bank: Any) -> CouponTemplate:
    return live_template("T-LIST", validity="after_claim", days_after_claim=30, valid_until=None)


@pytest.fixture
def checker(bank: Any) -> Any:
    return sign_in(people()[1])


def walk(asked: Asked, at: datetime, size: int = 3) -> list[int]:
    """Every page, from the first to the last."""
    batches, found = listing.decided_batches(), []
    page = listing.read_page(asked, batches, at=at, size=size)
    found += [coupon.pk for coupon in page.rows]
    while page.next_place is not None:
        page = listing.read_page(asked, batches, at=at, size=size, after=page.next_place)
        found += [coupon.pk for coupon in page.rows]
    return found


def every_standing(template: CouponTemplate, at: datetime) -> None:
    """Two coupons in each stored state, valid and over, held and loose, in each kind of batch."""
    hour = timedelta(hours=1)
    for batch_state in (BatchState.LIVE, BatchState.FROZEN, BatchState.RECALLED):
        shapes = itertools.product(CouponState.values, (hour, -hour), (None, hour, -hour))
        batch = stock(template, 2 * len(list(shapes)), state=batch_state)
        coupons = iter(Coupon.objects.filter(batch=batch).order_by("pk"))
        for state, valid, lock in itertools.product(
            CouponState.values, (hour, -hour), (None, hour, -hour)
        ):
            for coupon in itertools.islice(coupons, 2):
                coupon.state, coupon.valid_until = state, at + valid
                coupon.lock_until = at + lock if lock is not None else None
                coupon.save()


def test_every_filter_finds_what_its_badge_says_page_by_page(template: CouponTemplate) -> None:
    at = timezone.now()
    every_standing(template, at)
    coupons = Coupon.objects.select_related("batch").order_by("-batch_id", "-id")
    shown = [(row.pk, effective_state(row, row.batch.state, at)) for row in coupons]

    for state in CouponState:
        expected = [pk for pk, found in shown if found == state]
        assert expected
        assert walk(Asked(state=state), at) == expected, state
    assert walk(Asked(), at, size=10) == [pk for pk, _state in shown]


def test_coupons_of_batches_that_nobody_has_decided_on_are_not_there(
    template: CouponTemplate, checker: Any
) -> None:
    batch = stock(template, ["LIVE-0001"])
    hidden = stock(template, ["HIDDEN-0001"], state=BatchState.IN_REVIEW)
    coupon = Coupon.objects.get(batch=hidden)

    page = checker.get(PAGE).content.decode()
    assert f"{PAGE}{Coupon.objects.get(batch=batch).pk}/change/" in page
    assert f"{PAGE}{coupon.pk}/change/" not in page
    assert checker.get(f"{PAGE}{coupon.pk}/change/").status_code == 302
    answer = checker.post(f"{PAGE}search/", {"q": "HIDDEN-0001"}, follow=True)
    assert "No coupon here has this code" in answer.content.decode()


def test_a_whole_code_finds_its_coupon_and_never_stands_in_an_address(
    template: CouponTemplate, checker: Any
) -> None:
    batch = stock(template, ["SECRET-CODE-01", "SECRET-CODE-02"])
    coupon = Coupon.objects.get(batch=batch, code_key=Vault().key_of("SECRET-CODE-01"))

    answer = checker.post(f"{PAGE}search/", {"q": "  ＳECRET-CODE-01 "}, follow=True)

    assert "SECRET" not in answer.redirect_chain[0][0]
    page = answer.content.decode()
    assert f"{PAGE}{coupon.pk}/change/" in page
    assert page.count("/change/") == 1
    assert "SEC****-01" in page
    missing = checker.post(f"{PAGE}search/", {"q": "SECRET-CODE-0"}, follow=True)
    assert "No coupon here has this code" in missing.content.decode()
    assert "SECRET" not in missing.redirect_chain[0][0]


def test_a_customer_is_found_by_the_beginning_of_the_number(
    template: CouponTemplate, checker: Any
) -> None:
    for number in ("C100", "C101", "D100"):
        Customer.objects.create(number=number)
        stock(template, 1, customer_number=number, state=BatchState.LIVE)

    def found(term: str) -> list[str]:
        answer = checker.post(f"{PAGE}search/", {"q": term, "template": template.pk}, follow=True)
        return [row.customer_number for row in answer.context["cl"].result_list]

    assert found("C10") == ["C101", "C100"]
    assert found("C100") == ["C100"]
    assert found("E") == []


def test_a_branch_sees_the_coupons_of_its_own_branches(template: CouponTemplate) -> None:
    root = make_branch("B0")
    east, west = make_branch("B1", root), make_branch("B2", root)
    below = make_branch("B11", east)
    batches = {
        branch.code: stock(template, 4, branch=branch) for branch in (root, east, west, below)
    }
    stock(template, ["ANYWHERE-1"])
    client = sign_in(make_operator("teller", "branch", branch=east))

    def seen(query: str = "") -> list[int]:
        return [row.batch_id for row in client.get(f"{PAGE}?{query}").context["cl"].result_list]

    own = [batches["B11"].pk] * 4 + [batches["B1"].pk] * 4
    assert seen() == own
    assert seen(f"branch={below.pk}") == own[:4]
    assert seen(f"branch={west.pk}") == []
    assert seen("state=stocked") == own
    assert walk(Asked(branches=(east.pk, below.pk)), timezone.now()) == [
        coupon.pk
        for coupon in Coupon.objects.filter(batch__in=[batches["B1"], batches["B11"]]).order_by(
            "-id"
        )
    ]
    other = Coupon.objects.filter(batch=batches["B2"]).first()
    assert client.get(f"{PAGE}{other.pk}/change/").status_code in (302, 403, 404)
    answer = client.post(f"{PAGE}search/", {"q": "ANYWHERE-1"}, follow=True)
    assert answer.context["cl"].result_count == 0


def test_the_list_costs_the_same_few_queries_for_few_rows_and_many(
    template: CouponTemplate, checker: Any
) -> None:
    def queries(query: str) -> list[str]:
        checker.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            assert checker.get(f"{PAGE}?{query}").status_code == 200
        tables = ('"coupons_coupon"', '"coupons_batch"')
        asked = (each["sql"] for each in captured.captured_queries)
        return [sql for sql in asked if any(f"FROM {table}" in sql for table in tables)]

    stock(template, 3)
    few = queries("state=stocked")
    for _batch in range(5):
        stock(template, 30)

    assert len(queries("state=stocked")) == len(few) == 2
    assert not any("COUNT(" in sql for sql in queries(""))
    place = checker.get(PAGE).context["cl"].page.next_place
    assert len(queries(f"state=stocked&after={place}")) == 3


ODD = [
    "after=x", "after=1-", "batch=x", "template=0", "state=x", "branch=9999999999999999999999",
    "key=x", "q=%00", "p=9",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
def test_odd_addresses_are_answered(template: CouponTemplate, checker: Any, query: str) -> None:
    stock(template, 1)

    assert checker.get(f"{PAGE}?{query}", follow=True).status_code == 200


def test_a_place_is_read_back_as_it_was_written() -> None:
    assert Place.parse(str(Place(12, 345))) == Place(12, 345)


# --- the page of one coupon -----------------------------------------------------------------------
@pytest.fixture
def claimed(template: CouponTemplate) -> Coupon:
    Customer.objects.create(number="C1")
    stock(template, ["CODE-ABCD-0001"])
    at = timezone.now()
    services.claim_coupon(
        actor=actors.customer("C1"), customer_number="C1", template_code=template.code, key="k1",
        at=at,
    )  # fmt: skip
    services.redeem_coupon(
        actor=actors.customer("C1"), coupon_id=Coupon.objects.get().pk, customer_number="C1",
        order_cents=8_000, scene="top_up", reference="ORDER-77", key="k2", at=at,
    )  # fmt: skip
    return Coupon.objects.get()


def test_the_page_tells_the_whole_story_of_a_coupon(claimed: Coupon, checker: Any) -> None:
    page = checker.get(f"{PAGE}{claimed.pk}/change/").content.decode()

    assert "CODE-ABCD" not in page
    assert "COD****001" in page
    for words in ("ORDER-77", "payment of 80.00 yuan", "spent +5.00 yuan", "whole batch",
                  "Terms as claimed", "Pattern of the codes"):  # fmt: skip
        assert words in page, words


def test_a_code_is_revealed_once_with_a_reason_on_record(claimed: Coupon, checker: Any) -> None:
    address = f"{PAGE}{claimed.pk}/reveal/"
    assert "CODE-ABCD" not in checker.get(address).content.decode()
    assert "CODE-ABCD" not in checker.post(address, {"reason": "", **SENT}).content.decode()
    assert not AuditEvent.objects.filter(event=events.REVEALED).exists()

    answer = checker.post(address, {"reason": "The customer lost it", **SENT})

    assert "CODE-ABCD-0001" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    seen = AuditEvent.objects.get(event=events.REVEALED)
    assert (seen.reason, seen.target_id) == ("The customer lost it", str(claimed.pk))
    assert "CODE-ABCD" not in str(vars(seen))
    assert "CODE-ABCD" not in checker.get(f"{PAGE}{claimed.pk}/change/").content.decode()


@pytest.mark.parametrize("role", ["maker", "viewer", "administrator", "branch"])
def test_others_reveal_and_void_nothing(claimed: Coupon, role: str) -> None:
    client = sign_in(make_operator(f"some-{role}", role))

    for verb in ("reveal", "void", "freeze", "unfreeze"):
        answer = client.post(f"{PAGE}{claimed.pk}/{verb}/", {"reason": "x", "key": "x", **SENT})
        assert answer.status_code in (302, 403, 404), verb
    assert not AuditEvent.objects.filter(event=events.REVEALED).exists()
    assert Coupon.objects.get().state == CouponState.REDEEMED


def test_a_coupon_is_frozen_unfrozen_and_voided_from_its_page(
    template: CouponTemplate, checker: Any
) -> None:
    stock(template, 1)
    coupon = Coupon.objects.get()

    def press(verb: str) -> str:
        page = f"{PAGE}{coupon.pk}/"
        form = checker.get(f"{page}{verb}/").content.decode()
        key = form.partition('name="key" value="')[2].partition('"')[0]
        checker.post(f"{page}{verb}/", {"reason": "complaint 7", "key": key, **SENT})
        checker.post(f"{page}{verb}/", {"reason": "complaint 7", "key": key, **SENT})
        coupon.refresh_from_db()
        assert "complaint 7" in checker.get(f"{page}change/").content.decode()
        return coupon.state

    assert press("freeze") == CouponState.FROZEN
    assert press("unfreeze") == CouponState.STOCKED
    assert press("void") == CouponState.VOIDED


def test_what_a_service_refuses_is_said_in_the_dialog(claimed: Coupon, checker: Any) -> None:
    form = {"reason": "x", "key": "9b2f8f0e-0000-4000-8000-000000000001", **SENT}

    answer = checker.post(f"{PAGE}{claimed.pk}/void/", form)

    assert "reverse that first" in answer.content.decode()
