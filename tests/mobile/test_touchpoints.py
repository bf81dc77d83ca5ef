from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import ItemDay, ShowCounter, Touchpoint
from tests.mobile.phones import Phone

PATH = "/api/channel/v1/touchpoints"
ITEM = "0d5c9be0-0000-4000-8000-00000000a001"
PROBLEM = "application/problem+json"


def raw(**fields: Any) -> dict[str, Any]:
    """An event as the app sends it; a field of None is left out."""
    given = {
        "event_id": str(uuid4()), "kind": "impression", "item": ITEM, "item_kind": "ad",
        "version": 3, "placement": "splash", "occurred_at": timezone.now().isoformat(), **fields,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def report(phone: Phone, *events: Any) -> Any:
    return send(phone, json.dumps({"events": list(events)}))


def send(phone: Phone, body: str | bytes) -> Any:
    return phone.post(PATH, data=body, content_type="application/json")


def system(name: str = "core", bank: str = "alpha") -> Phone:
    return Phone(bank, None, system=name)


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.status_code == 200, answer.content
    (one,) = answer.json()["refused"]
    assert one["detail"]
    assert answer.json()["accepted"] == 0
    return one["index"], one["code"]


def test_a_customer_reports_their_own_events(bank: Any) -> None:
    one = raw(occurred_at="2026-11-18T10:00:00.123+08:00")

    with time_machine.travel(datetime(2026, 11, 18, 2, 1, tzinfo=UTC)):
        answer = report(Phone(number="C7"), one, raw(kind="click"), one)

    assert answer.status_code == 200
    assert answer.json() == {"accepted": 2, "duplicates": 1, "refused": []}
    row = Touchpoint.objects.get(event_id=one["event_id"])
    assert (row.customer_number, row.item_kind, row.item_version) == ("C7", "ad", 3)
    assert (str(row.item_uid), row.placement, row.reported_by) == (ITEM, "splash", "")
    assert row.occurred_at == datetime(2026, 11, 18, 2, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["+16:30", "-23:59"])
def test_a_moment_in_a_zone_that_the_database_does_not_know_is_that_moment(
    bank: Any, zone: str
) -> None:
    moment = timezone.now().replace(microsecond=0) - timedelta(days=2)
    told = moment.astimezone(datetime.fromisoformat(f"2026-01-01T00:00:00{zone}").tzinfo)
    assert report(Phone(), raw(occurred_at=told.isoformat())).json()["accepted"] == 1
    assert Touchpoint.objects.get().occurred_at == moment


def test_a_batch_that_is_sent_again_changes_nothing(bank: Any) -> None:
    batch = [raw(), raw(kind="close"), raw(occurred_at=ago(days=20))]
    phone = Phone()
    assert report(phone, *batch).json()["accepted"] == 3

    again = report(phone, *reversed(batch))

    assert again.json() == {"accepted": 0, "duplicates": 3, "refused": []}
    assert sum(ItemDay.objects.values_list("count", flat=True)) == 3
    assert ShowCounter.objects.get(subject=ITEM).lifetime == 2


def test_a_system_reports_many_customers_events_under_its_name(bank: Any) -> None:
    answer = report(system("网点大屏"), raw(customer="C1"), raw(customer="C2"))

    assert answer.json()["accepted"] == 2
    assert set(Touchpoint.objects.values_list("customer_number", "reported_by")) == {
        ("C1", "网点大屏"), ("C2", "网点大屏"),
    }  # fmt: skip


@pytest.mark.parametrize("customer", [None, "", "C 1", "C1\x00", "C" * 33, 1, ["C1"], "客户"])
def test_a_system_must_name_each_customer(bank: Any, customer: Any) -> None:
    index, code = refusal(report(system(), raw(customer=customer)))

    assert index == 0
    assert code == ("customer_missing" if customer in (None, "") else "bad_customer")


def test_a_customer_may_name_nobody_else(bank: Any) -> None:
    answer = report(Phone(number="C1"), raw(customer="C1"), raw(customer="C2"), raw(customer=""))

    assert answer.json()["accepted"] == 1
    assert [(r["index"], r["code"]) for r in answer.json()["refused"]] == [
        (1, "another_customer"), (2, "another_customer"),
    ]  # fmt: skip
    assert set(Touchpoint.objects.values_list("customer_number", flat=True)) == {"C1"}


def ago(**back: float) -> str:
    return (timezone.now() - timedelta(**back)).isoformat()


BAD: list[tuple[Any, str]] = [
    (raw(event_id="1"), "bad_event_id"),
    (raw(event_id=None), "bad_event_id"),
    (raw(event_id=7), "bad_event_id"),
    (raw(event_id="{" + str(uuid4()) + "}"), "bad_event_id"),
    (raw(event_id=str(uuid4()) + "\n"), "bad_event_id"),
    (raw(kind="purchase"), "unknown_kind"),
    (raw(kind=None), "unknown_kind"),
    (raw(kind=["impression"]), "unknown_kind"),
    (raw(item="C1"), "bad_item"),
    (raw(item=None), "bad_item"),
    (raw(item_kind="coupon"), "unknown_item_kind"),
    (raw(item_kind=None), "unknown_item_kind"),
    (raw(version=-1), "bad_version"),
    (raw(version=1.5), "bad_version"),
    (raw(version=True), "bad_version"),
    (raw(version="3"), "bad_version"),
    (raw(version=2**31), "bad_version"),
    (raw(placement="footer"), "unknown_placement"),
    (raw(placement=None), "unknown_placement"),
    (raw(placement="splash\x00"), "unknown_placement"),
    (raw(placement={"code": "splash"}), "unknown_placement"),
    (raw(item_kind="announcement", placement="footer"), "unknown_placement"),
    (raw(occurred_at=None), "bad_occurred_at"),
    (raw(occurred_at="yesterday"), "bad_occurred_at"),
    (raw(occurred_at="2026-13-01T00:00:00Z"), "bad_occurred_at"),
    (raw(occurred_at="2026-11-18"), "bad_occurred_at"),
    (raw(occurred_at=1795000000), "bad_occurred_at"),
    (raw(occurred_at="2026-11-18T10:00:00"), "naive_occurred_at"),
    (raw(occurred_at="0001-01-01T00:00:00+08:00"), "too_old"),
    (raw(occurred_at="9999-12-31T23:59:59-08:00"), "in_the_future"),
    ("impression", "bad_event"),
    (None, "bad_event"),
    ([], "bad_event"),
]


@pytest.mark.parametrize(("event", "code"), BAD)
def test_a_bad_event_is_refused_with_a_sentence(bank: Any, event: Any, code: str) -> None:
    found = refusal(report(Phone(), event))[1]

    # What a datetime cannot hold is no moment at all.
    assert found in ({code, "bad_occurred_at"} if code in {"too_old", "in_the_future"} else {code})
    assert not Touchpoint.objects.exists()


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        (timedelta(minutes=5, seconds=1), "in_the_future"),
        (timedelta(minutes=4, seconds=59), None),
        (-timedelta(days=29, hours=23), None),
        (-timedelta(days=30, seconds=1), "too_old"),
    ],
)
def test_events_lie_between_thirty_days_back_and_five_minutes_ahead(
    bank: Any, shift: timedelta, code: str | None
) -> None:
    now = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        answer = report(Phone(), raw(occurred_at=(now + shift).isoformat()))

    assert [refused["code"] for refused in answer.json()["refused"]] == ([code] if code else [])


def test_good_events_land_although_others_are_refused(bank: Any) -> None:
    one = raw()
    answer = report(Phone(), raw(kind="x"), one, raw(item="x"), one, raw(occurred_at="x"), raw())

    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (2, 1)
    assert [(refused["index"], refused["code"]) for refused in answer.json()["refused"]] == [
        (0, "unknown_kind"), (2, "bad_item"), (4, "bad_occurred_at"),
    ]  # fmt: skip
    assert Touchpoint.objects.count() == 2


def test_an_announcement_may_stand_in_no_placement_and_an_item_in_no_edition(bank: Any) -> None:
    events = [
        raw(item_kind="announcement", placement=None, version=None, item=str(uuid4())),
        raw(item_kind="announcement", placement=""),
        raw(item=str(uuid4()).upper(), event_id=str(uuid4()).upper()),
    ]

    assert report(Phone(), *events).json() == {"accepted": 3, "duplicates": 0, "refused": []}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'{"events": null}', b'{"events": {}}', b'{"events": "x"}',
        b"\xff\xfe", b'{"events": [}', b'{"events": []} x', b"[" * 100_000,
        b'{"events": ' + b"[" * 100_000, b'{"events": [NaN]}', "{“events”: []}".encode(),
    ],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused_as_a_whole(bank: Any, body: bytes) -> None:
    answer = send(Phone(), body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")
    assert answer.headers["Content-Type"] == PROBLEM


def test_lone_surrogates_and_endless_numbers_do_no_harm(bank: Any) -> None:
    good = json.dumps(raw())
    for bad in (r'{"kind": "\ud800"}', '{"version": 1e999}', '{"version": ' + "9" * 5_000 + "}"):
        answer = send(Phone(), f'{{"events": [{good}, {bad}]}}')
        assert answer.status_code in {200, 400}
        assert answer.json().get("accepted", 0) <= 1


def test_a_batch_has_limits(bank: Any) -> None:
    many = [raw(kind="x")] * 500
    assert len(report(Phone(), *many).json()["refused"]) == 500

    for answer in (
        report(Phone(), *many, raw()),
        send(Phone(), json.dumps({"events": [{"note": "x" * 256 * 1024}]})),
    ):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["Content-Type"] == PROBLEM


def test_five_hundred_events_land_in_one_batch(bank: Any) -> None:
    assert report(Phone(), *(raw() for _ in range(500))).json()["accepted"] == 500
    assert ShowCounter.objects.get(subject="placement:splash").today == 500


def test_nothing_is_a_batch_too(bank: Any) -> None:
    assert report(Phone()).json() == {"accepted": 0, "duplicates": 0, "refused": []}


def test_only_customers_and_systems_of_this_bank_report(alpha: Any, beta: Any) -> None:
    visitor = report(Phone(number=None), raw())
    stranger = Phone("beta")
    stranger.client.defaults["HTTP_HOST"] = "alpha.localhost"
    foreign = report(stranger, raw())
    other_system = system(bank="beta")
    other_system.client.defaults["HTTP_HOST"] = "alpha.localhost"
    nobody = Phone().client.post(PATH, data="{}", content_type="application/json")

    assert (visitor.status_code, visitor.json()["code"]) == (403, "customers_only")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "wrong_bank")
    assert report(other_system, raw(customer="C1")).status_code == 403
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    for each in (alpha, beta):
        with tenant_context(each):
            assert not Touchpoint.objects.exists()


def test_other_methods_are_not_understood(bank: Any) -> None:
    answer = Phone().get(PATH)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_one_batch_costs_a_handful_of_statements(
    bank: Any, django_assert_max_num_queries: Any
) -> None:
    phone = Phone()
    report(phone, raw())

    with django_assert_max_num_queries(12):
        report(phone, *(raw(kind=kind) for kind in ("impression", "click", "close") * 50))
