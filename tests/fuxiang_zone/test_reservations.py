from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from fuxiang_zone import errors
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import Reservation
from fuxiang_zone.sales import actors, services
from operators.errors import NotAllowed
from operators.models import Branch
from tests.approvals.people import empower, make_operator
from tests.fuxiang_zone.selling import (
    PRICE,
    a_key,
    books,
    make_customer,
    product_on_sale,
    seller,
)

pytestmark = pytest.mark.usefixtures("bank")
ANNA, BELA = actors.customer("C0001"), actors.customer("C0002")
CORE = actors.system("core")
BORROWERS = {"all": [{"field": "groups", "op": "any", "values": ["loan"]}]}


def reserve(account: Any, units: int = 1, doer: Any = ANNA, **more: Any) -> services.Reserved:
    given = {"key": a_key(), "customer_number": doer.name, **more}
    return services.reserve_units(actor=doer, product_uid=account.uid, units=units, **given)


def refusal(call: Any, *arguments: Any, **named: Any) -> errors.ZoneRefused:
    with pytest.raises(errors.ZoneRefused) as caught:
        call(*arguments, **named)
    return caught.value


def test_units_are_held_with_their_amount_until_the_hold_ends() -> None:
    account, at = product_on_sale(hold_minutes=20), timezone.now()

    body = reserve(account, 2, at=at).body

    row = Reservation.objects.get()
    assert (row.units, row.amount_cents, row.state) == (2, 2 * PRICE, ReservationState.HELD)
    assert row.expires_at == at + timedelta(minutes=20)
    assert (body["id"], body["units"], body["title"]) == (str(row.pk), 2, "Large CD")
    assert books(account) == {"held": 2, "confirmed": 0, "rows": 1}
    event = AuditEvent.objects.get(event="fuxiang_zone.reserved")
    assert (event.target_id, event.after["customer"], event.after["units"]) == (
        str(row.pk), "C0001", 2,
    )  # fmt: skip


def test_one_key_is_one_reservation_and_another_wish_under_it_is_refused() -> None:
    account = product_on_sale()
    first = reserve(account, key="k1")

    again = reserve(account, key="k1")
    assert (again.body, again.replayed) == (first.body, True)
    assert books(account)["held"] == 1
    refused = refusal(reserve, account, 2, key="k1")
    assert (refused.code_text, refused.http_status) == ("idempotency_key_reused", 422)
    assert reserve(account, doer=BELA, key="k1").body["id"] != first.body["id"]
    assert refusal(reserve, account, key="").code_text == "idempotency_key_required"


def test_what_is_gone_is_gone_and_the_refusal_says_how_much_is_left() -> None:
    account = product_on_sale(3)
    reserve(account, 2)

    few = refusal(reserve, account, 2, BELA)
    assert (few.code_text, few.facts) == ("sold_out", {"left": 1})
    assert "1 units" in str(few)
    reserve(account, 1, BELA)
    assert refusal(reserve, account, 1, BELA).facts == {"left": 0}
    assert books(account)["held"] == 3


def test_a_sold_out_product_answers_without_touching_its_row() -> None:
    account = product_on_sale(1)
    reserve(account)
    account.refresh_from_db()
    before = account.changed_at

    refusal(reserve, account, doer=BELA)

    account.refresh_from_db()
    assert account.changed_at == before
    assert not AuditEvent.objects.filter(after__customer="C0002").exists()


def test_a_customer_has_no_more_units_than_each_may_have() -> None:
    account = product_on_sale(most_per_customer=2)
    reserve(account, 2)

    refused = refusal(reserve, account, 1)
    assert (refused.code_text, refused.facts) == ("customer_limit_reached", {"most": 2, "share": 2})
    assert refusal(reserve, account, 3, BELA).code_text == "customer_limit_reached"
    reserve(account, 2, BELA)
    assert books(account)["held"] == 4


@pytest.mark.parametrize(
    ("fields", "code", "why"),
    [
        ({"sale_starts_at": 1}, "not_on_sale", "not_started"),
        ({"sale_ends_at": -1}, "not_on_sale", "ended"),
        ({"starts_at": 1}, "not_on_sale", "not_started"),
        ({"starts_at": -9, "ends_at": -1}, "not_on_sale", "ended"),
        ({"quota": None}, "not_on_sale", "no_quota"),
        ({"audience": BORROWERS}, "outside_audience", "audience"),
        ({"branch_path": "/nowhere/"}, "outside_audience", "branch"),
        ({"risk_level": 5}, "not_suitable", None),
    ],
)  # fmt: skip
def test_what_is_not_for_this_customer_now_is_refused(
    fields: dict[str, Any], code: str, why: str | None
) -> None:
    now = timezone.now()
    fields = {
        name: now + timedelta(hours=value) if name.endswith("_at") else value
        for name, value in fields.items()
    }
    account = product_on_sale(**fields)

    refused = refusal(reserve, account)

    assert refused.code_text == code
    assert why is None or refused.facts["why"] == why
    assert books(account)["rows"] == 0


def test_a_withdrawn_product_and_one_of_nobody_are_refused() -> None:
    account = product_on_sale()
    account.live_version = None
    account.save()

    assert refusal(reserve, account).facts["why"] == "withdrawn"
    account.uid = uuid.uuid4()
    with pytest.raises(errors.UnknownProduct):
        reserve(account)


@pytest.mark.parametrize("units", [0, -1, 10**9])
def test_units_that_make_no_sense_are_refused(units: int) -> None:
    assert refusal(reserve, product_on_sale(), units).code_text == "bad_amount"


def test_wealth_is_reserved_only_by_customers_whose_assessment_allows_it() -> None:
    account, today = product_on_sale(risk_level=3), timezone.localdate()
    make_customer("C0001", risk_level="C3", risk_assessed_on=today)
    make_customer("C0002", risk_level="C2", risk_assessed_on=today)
    make_customer("C0003", risk_level="C5", risk_assessed_on=date(2020, 1, 1))

    reserve(account)
    for number in ("C0002", "C0003", "C0004"):
        assert refusal(reserve, account, doer=actors.customer(number)).code_text == "not_suitable"
    assert books(account)["held"] == 1


def test_a_confirmation_counts_once_and_is_the_same_when_it_comes_again() -> None:
    account = product_on_sale()
    mine = uuid.UUID(reserve(account, 2).body["id"])

    body = services.confirm_reservation(actor=CORE, reservation_id=mine, reference="CORE-1").body
    assert (body["state"], body["reference"]) == ("confirmed", "CORE-1")
    assert books(account) == {"held": 0, "confirmed": 2, "rows": 1}
    again = services.confirm_reservation(actor=CORE, reservation_id=mine, reference="CORE-1")
    assert (again.body, again.replayed) == (body, True)
    other = refusal(
        services.confirm_reservation, actor=CORE, reservation_id=mine, reference="CORE-2"
    )
    assert other.code_text == "already_confirmed"
    late = refusal(services.release_reservation, actor=ANNA, reservation_id=mine)
    assert late.code_text == "already_confirmed"
    assert AuditEvent.objects.filter(event="fuxiang_zone.reservation_confirmed").count() == 1


def test_a_released_unit_can_be_reserved_by_somebody_else() -> None:
    account = product_on_sale(1)
    mine = uuid.UUID(reserve(account).body["id"])

    with pytest.raises(errors.UnknownReservation):
        services.release_reservation(actor=BELA, reservation_id=mine)
    assert services.release_reservation(actor=ANNA, reservation_id=mine).body["state"] == "released"
    assert services.release_reservation(actor=ANNA, reservation_id=mine).replayed
    late = refusal(services.confirm_reservation, actor=CORE, reservation_id=mine, reference="X")
    assert (late.code_text, late.facts["state"]) == ("reservation_over", "released")
    reserve(account, doer=BELA)
    assert books(account) == {"held": 1, "confirmed": 0, "rows": 2}


def test_an_operator_releases_within_their_branch_and_says_why() -> None:
    town, other = (Branch.add_root(code=code, name=code) for code in ("town", "other"))
    account = product_on_sale()
    make_customer("C0001", branch=town)
    mine = uuid.UUID(reserve(account).body["id"])
    maker, stranger = seller(), make_operator("stranger", "branch", branch=other)
    stranger = empower(stranger, "release_reservation")
    viewer = make_operator("looker", "viewer")

    for person in (stranger, viewer):
        with pytest.raises(NotAllowed):
            release(person, mine, "The customer asked at the counter")
    assert refusal(release, maker, mine, " ").code_text == "no_reason"
    release(maker, mine, "The customer asked at the counter")
    event = AuditEvent.objects.get(event="fuxiang_zone.reservation_released")
    assert (event.actor_username, event.reason) == (
        "zone-maker", "The customer asked at the counter",
    )  # fmt: skip
    assert books(account)["held"] == 0


def release(person: Any, reservation: uuid.UUID, reason: str) -> services.Reserved:
    return services.release_reservation(
        actor=actors.operator(person), reservation_id=reservation, reason=reason
    )


def test_a_hold_that_is_over_can_neither_be_confirmed_nor_released() -> None:
    account, at = product_on_sale(hold_minutes=15), timezone.now()
    mine = uuid.UUID(reserve(account, at=at).body["id"])
    end = at + timedelta(minutes=15)

    for call, told in (
        (services.confirm_reservation, {"actor": CORE, "reference": "X"}),
        (services.release_reservation, {"actor": ANNA}),
    ):
        refused = refusal(call, reservation_id=mine, at=end, **told)
        assert (refused.code_text, refused.facts["state"]) == ("reservation_over", "expired")
    early = services.confirm_reservation(
        actor=CORE, reservation_id=mine, reference="X", at=end - timedelta(seconds=1)
    )
    assert early.body["state"] == "confirmed"


def test_whoever_finds_the_product_full_takes_overdue_units_back() -> None:
    account, at = product_on_sale(2, most_per_customer=1), timezone.now()
    reserve(account, at=at)
    reserve(account, doer=BELA, at=at)
    later = at + timedelta(hours=1)

    refusal(reserve, account, doer=actors.customer("C0003"), at=at)
    reserve(account, doer=actors.customer("C0003"), at=later)
    reserve(account, doer=ANNA, at=later)
    assert books(account) == {"held": 2, "confirmed": 0, "rows": 4}
    assert AuditEvent.objects.get(event="fuxiang_zone.reservations_expired").after == {
        "reservations": 2, "units": 2,
    }  # fmt: skip


def test_a_customers_own_overdue_units_do_not_stand_in_their_way() -> None:
    account, at = product_on_sale(9, most_per_customer=1), timezone.now()
    reserve(account, at=at)

    reserve(account, at=at + timedelta(hours=1))
    assert books(account) == {"held": 1, "confirmed": 0, "rows": 2}


def test_the_clock_takes_back_what_is_overdue_and_nothing_else() -> None:
    at = timezone.now()
    first, second = product_on_sale(), product_on_sale()
    for account in (first, first, second):
        reserve(account, 2, at=at)
    reserve(second, doer=BELA, at=at + timedelta(minutes=30))
    mine = uuid.UUID(reserve(second, at=at).body["id"])
    services.confirm_reservation(actor=CORE, reservation_id=mine, reference="X", at=at)

    assert services.expire_reservations(at=at) == 0
    assert services.expire_reservations(at=at + timedelta(minutes=20)) == 3
    assert services.expire_reservations(at=at + timedelta(minutes=20)) == 0
    assert books(first) == {"held": 0, "confirmed": 0, "rows": 2}
    assert books(second) == {"held": 1, "confirmed": 1, "rows": 3}
