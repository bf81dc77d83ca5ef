"""The Fuxiang zone over HTTP: what a customer sees, what it earns, and reserving it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import Customer
from fuxiang_zone.catalogue.content import content_of
from fuxiang_zone.catalogue.models import Activation, ProductType, TypeVersion
from fuxiang_zone.models import ProductAccount, Reservation, ZoneProduct
from fuxiang_zone.products.showing import show_payload
from publishing import services as publishing
from tests.approvals.people import publish
from tests.coupons.making import people
from tests.fuxiang_zone.selling import books
from tests.mobile.phones import Phone
from tests.mobile.wallets import post, system

ZONE = "/api/channel/v1/zone"
MINE = f"{ZONE}/reservations"
PROBLEM = "application/problem+json"
BORROWERS = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}
RATES = [
    {"term": 1, "unit": "year", "from_cents": 0, "to_cents": 100_000_00, "rate": "1.50"},
    {"term": 1, "unit": "year", "from_cents": 100_000_00, "to_cents": None, "rate": "1.85"},
    {"term": 90, "unit": "day", "from_cents": 0, "to_cents": None, "rate": "1.10"},
]
TYPE: dict[str, Any] = {
    "name": "Test deposit", "english_name": "Test deposit", "category": "Deposits",
    "state": "open", "features": ["rates", "quota"],
    "fields": [
        {"key": "least", "label": "From", "type": "money", "required": True, "is_shown": True},
        {"key": "inner", "label": "Note", "type": "text", "is_shown": False},
    ],
    "disclosures": [{"code": "insured", "label": "Insured", "required": True, "help": ""}],
}  # fmt: skip


@pytest.fixture
def kind(bank: Any) -> ProductType:
    found = ProductType.objects.create(code="test_deposit", position=900, **TYPE)
    Activation.objects.create(product_type=found, bank=bank, activated_at=timezone.now())
    return found


def live_product(kind: ProductType, **fields: Any) -> ZoneProduct:
    maker, checker = people()
    now = timezone.now()
    draft = ZoneProduct(**{
        "title": "Large CD", "type_code": kind.code, "summary": "For a year", "rates": RATES,
        "starts_at": now - timedelta(minutes=1), "ends_at": now + timedelta(days=30),
        "quota": 3, "unit_cents": 20_000_000, "rules": "One rule",
        "values": {"least": 20_000_000, "inner": "for the branch"},
        "disclosures": {"insured": "Insured up to 500,000 yuan"}, **fields,
    })  # fmt: skip
    publishing.draft_begun(actor=maker, draft=draft)
    draft.save(force_insert=True)
    publish(maker, checker, draft)
    return draft


def reserve(phone: Phone, product: Any, key: str | None = "", **body: Any) -> Any:
    return post(phone, f"{ZONE}/{getattr(product, 'uid', product)}/reservations", body, key)


def decide(phone: Phone, reservation: str, verb: str, **body: Any) -> Any:
    return post(phone, f"{MINE}/{reservation}/{verb}", body)


def outcome(answer: Any) -> tuple[int, str]:
    body = answer.json()
    return answer.status_code, body["state"] if answer.status_code == 200 else body["code"]


def listed(phone: Phone, kind: ProductType) -> list[dict[str, Any]]:
    (found,) = (each for each in phone.get(ZONE).json()["types"] if each["code"] == kind.code)
    return list(found["products"])


def test_the_zone_lists_what_the_bank_has_for_this_customer(kind: Any, bank: Any) -> None:
    live_product(kind)
    live_product(kind, title="For borrowers", audience=BORROWERS)

    (shown,) = listed(Phone(), kind)

    assert (shown["title"], shown["highest_rate"], shown["left"]) == ("Large CD", "1.85", 3)
    assert (shown["sale"], shown["suitable"], shown["can_reserve"]) == ("on_sale", True, True)
    (visited,) = listed(Phone(number=None), kind)
    assert visited["can_reserve"] is False
    assert Phone("beta").get(ZONE).json()["types"] == []


def test_a_products_page_says_what_customers_are_to_know_and_nothing_else(kind: Any) -> None:
    product = live_product(kind)

    page = Phone().get(f"{ZONE}/{product.uid}").json()

    assert page["fields"] == [{"key": "least", "label": "From", "value": "200,000 元"}]
    assert page["disclosures"] == [
        {"code": "insured", "label": "Insured", "text": "Insured up to 500,000 yuan"}
    ]
    assert page["rates"][0]["rate"] == "1.50"
    assert (page["quota"], page["left"], page["mine"], page["hold_minutes"]) == (3, 3, 0, 15)
    assert "for the branch" not in str(page)
    for name in ("nothing", uuid.uuid4()):
        assert Phone().get(f"{ZONE}/{name}").status_code == 404
    assert Phone("beta").get(f"{ZONE}/{product.uid}").status_code == 404


def test_what_is_live_is_told_in_the_words_of_its_day_and_no_more(kind: Any) -> None:
    TypeVersion.objects.create(
        product_type=kind, version=1, content=content_of(kind), changed_at=timezone.now()
    )
    product = live_product(kind)
    before = Phone().get(f"{ZONE}/{product.uid}").json()
    fields = [{**each, "label": "Told now", "is_shown": True} for each in TYPE["fields"]]
    told = [{**each, "label": "Said now"} for each in TYPE["disclosures"]]
    ProductType.objects.filter(pk=kind.pk).update(fields=fields, disclosures=told, version=2)

    assert Phone().get(f"{ZONE}/{product.uid}").json() == before
    shown = {each.key: str(each.label) for each in show_payload(product.render_payload())}
    assert (shown["value_least"], shown["disclosure_insured"]) == ("From", "Insured")


@pytest.mark.parametrize(
    ("query", "rate", "cents"),
    [
        ("amount=50000&term=12", "1.50", 75_000),
        ("amount=100000&term=1&unit=year", "1.85", 185_000),
        ("amount_cents=1000001&term=90&unit=day", "1.10", 2_750),
        ("amount=33.33&term=12", "1.50", 50),
    ],
)
def test_the_calculator_is_exact(kind: Any, query: str, rate: str, cents: int) -> None:
    product = live_product(kind)

    found = Phone().get(f"{ZONE}/{product.uid}/interest?{query}").json()

    assert (found["rate"], found["interest_cents"]) == (rate, cents)
    assert found["total_cents"] == found["amount_cents"] + cents


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("term=12", 400), ("amount=1e5&term=12", 400), ("amount=100&term=0", 400),
        ("amount=100&term=12&unit=week", 400), ("amount=100&term=7", 409),
        (f"amount=100&term=000000001{'9' * 4400}", 400),
    ],
)  # fmt: skip
def test_what_the_calculator_cannot_answer_is_a_sentence(
    kind: Any, query: str, status: int
) -> None:
    answer = Phone().get(f"{ZONE}/{live_product(kind).uid}/interest?{query}")

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)


def test_a_reservation_lives_through_the_calls(kind: Any) -> None:
    product, phone = live_product(kind), Phone()

    first = reserve(phone, product, "k1", units=2)
    again = reserve(phone, product, "k1", units=2)
    mine = first.json()["id"]
    assert outcome(first) == (200, "held")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert outcome(reserve(phone, product, "k1", units=1)) == (422, "idempotency_key_reused")
    assert outcome(reserve(phone, product, None)) == (400, "idempotency_key_required")
    full = reserve(Phone(number="C2"), product, units=2)
    assert (outcome(full), full.json()["left"]) == ((409, "sold_out"), 1)

    assert outcome(decide(phone, mine, "confirm", reference="B1")) == (403, "systems_only")
    assert outcome(decide(system(), mine, "confirm")) == (400, "bad_body")
    assert outcome(decide(system(), mine, "confirm", reference="B1")) == (200, "confirmed")
    assert outcome(decide(phone, mine, "release")) == (409, "already_confirmed")
    page = phone.get(f"{ZONE}/{product.uid}").json()
    assert (page["left"], page["mine"]) == (1, 2)
    (known,) = phone.get(MINE).json()["reservations"]
    assert (known["id"], known["state"], known["reference"]) == (mine, "confirmed", "B1")


def test_only_its_customer_or_a_system_releases_a_reservation(kind: Any) -> None:
    product = live_product(kind, quota=1)
    mine = reserve(Phone(), product).json()["id"]

    assert outcome(decide(Phone(number="C2"), mine, "release")) == (404, "unknown_reservation")
    assert outcome(decide(Phone("beta"), mine, "release")) == (404, "unknown_reservation")
    assert outcome(decide(system(), mine, "release", customer="C2"))[0] == 404
    assert Phone(number="C2").get(MINE).json() == {"reservations": []}
    assert listed(Phone(), kind)[0]["sale"] == "sold_out"
    assert outcome(decide(Phone(), mine, "release")) == (200, "released")
    other = reserve(Phone(), product).json()["id"]
    assert outcome(decide(system(), other, "release")) == (200, "released")
    assert listed(Phone(), kind)[0]["sale"] == "on_sale"


def test_units_whose_time_is_over_are_shown_as_left(kind: Any) -> None:
    product = live_product(kind, quota=1)
    reserve(Phone(), product)
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    (shown,) = listed(Phone(number="C2"), kind)
    assert (shown["sale"], shown["left"]) == ("on_sale", 1)
    assert outcome(reserve(Phone(number="C2"), product)) == (200, "held")
    assert Phone().get(MINE).json()["reservations"][0]["state"] == "expired"


def test_what_does_not_suit_is_never_buyable_not_even_by_a_hand_made_request(kind: Any) -> None:
    ProductType.objects.filter(pk=kind.pk).update(features=["quota", "suitability"])
    product = live_product(kind, risk_level=5, rates=[])
    today = timezone.localdate()
    for number, level in (("C1", "C1"), ("C5", "C5")):
        Customer.objects.create(number=number, risk_level=level, risk_assessed_on=today)

    (shown,) = listed(Phone(), kind)
    assert (shown["suitable"], shown["can_reserve"]) == (False, False)
    assert shown["unsuitable"]["code"] == "risk_too_high"
    assert outcome(reserve(Phone(), product)) == (409, "not_suitable")
    assert outcome(reserve(system(), product, customer="C1")) == (409, "not_suitable")
    assert listed(Phone(number="C9"), kind)[0]["unsuitable"]["code"] == "not_assessed"
    assert listed(Phone(number="C5"), kind)[0]["can_reserve"] is True
    assert outcome(reserve(Phone(number="C5"), product)) == (200, "held")


def test_who_calls_must_be_a_customer_or_name_one(kind: Any) -> None:
    product = live_product(kind)
    Customer.objects.create(number="C1")

    assert outcome(reserve(Phone(number=None), product))[0] == 403
    assert outcome(reserve(system(), product)) == (400, "bad_body")
    assert outcome(reserve(system(), product, customer="NOBODY")) == (404, "unknown_customer")
    assert outcome(reserve(system(), product, customer="C1")) == (200, "held")
    assert outcome(reserve(Phone(), product, customer="C2"))[0] == 403
    assert outcome(reserve(Phone("beta"), product)) == (404, "unknown_product")
    assert outcome(reserve(Phone(), product, units=0)) == (400, "bad_body")
    assert outcome(reserve(Phone(), product, unit=2)) == (400, "bad_body")
    assert Phone().get(f"{ZONE}/{product.uid}/reservations").status_code == 405


def test_what_is_published_is_what_is_sold(kind: Any, bank: Any) -> None:
    product = live_product(kind, quota=2, most_per_customer=1)
    reserve(Phone(), product)

    with tenant_context(bank):
        assert outcome(reserve(Phone(), product)) == (409, "customer_limit_reached")
        assert books(ProductAccount.objects.get(uid=product.uid))["held"] == 1
