from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from fuxiang_zone.models import Reservation
from fuxiang_zone.sales import actors, services
from operators.models import Branch
from tests.approvals.people import empower, make_operator, sign_in
from tests.fuxiang_zone.selling import a_key, books, make_customer, product_on_sale, seller

pytestmark = pytest.mark.usefixtures("bank")
LIST = "/admin/fuxiang_zone/reservation/"
SENT = {"_form_submitted": "True"}


def reserve(account: Any, number: str, **more: Any) -> Any:
    answered = services.reserve_units(
        actor=actors.customer(number), product_uid=account.uid, customer_number=number, units=1,
        key=a_key(), **more,
    )  # fmt: skip
    return uuid.UUID(answered.body["id"])


def rows_of(page: Any) -> list[str]:
    return [row.customer_number for row in page.context["cl"].result_list]


def test_the_list_opens_with_the_product_sold_last_and_its_quota() -> None:
    first, second = product_on_sale(9, title="First CD"), product_on_sale(5, title="Second CD")
    reserve(first, "C1")
    reserve(second, "C2")
    maker = sign_in(seller())

    page = maker.get(LIST)
    assert rows_of(page) == ["C2"]
    assert (page.context["stock"]["quota"], page.context["stock"]["left"]) == (5, 4)
    chosen = f'<option value="{second.product_id}" selected>Second CD</option>'
    assert chosen in page.content.decode()
    assert rows_of(maker.get(LIST, {"product": first.product_id})) == ["C1"]
    assert sorted(rows_of(maker.get(LIST, {"q": "C"}))) == ["C1", "C2"]
    assert rows_of(maker.get(LIST, {"product": "99999"})) == []


def test_a_hold_whose_time_is_over_is_listed_as_expired() -> None:
    account = product_on_sale()
    reserve(account, "C1")
    late = reserve(account, "C2")
    Reservation.objects.filter(pk=late).update(expires_at=timezone.now())
    maker = sign_in(seller())

    assert rows_of(maker.get(LIST, {"state": "held"})) == ["C1"]
    late_page = maker.get(LIST, {"state": "expired"})
    assert rows_of(late_page) == ["C2"]
    assert (late_page.context["stock"]["held"], late_page.context["stock"]["left"]) == (1, 299)


def test_branch_staff_see_the_reservations_of_their_own_customers() -> None:
    town, other = (Branch.add_root(code=code, name=code) for code in ("town", "other"))
    account = product_on_sale()
    make_customer("C1", branch=town)
    make_customer("C2", branch=other)
    mine, theirs = reserve(account, "C1"), reserve(account, "C2")
    staff = sign_in(make_operator("teller", "branch", branch=town))

    query = {"product": account.product_id}
    assert rows_of(staff.get(LIST, query)) == ["C1"]
    assert staff.get(LIST, query).context["stock"] is None
    assert staff.get(f"{LIST}{mine}/change/").status_code == 200
    assert staff.get(f"{LIST}{theirs}/change/").status_code != 200


def test_a_reservation_is_released_on_its_page_with_a_reason() -> None:
    account = product_on_sale()
    mine = reserve(account, "C1")
    maker, viewer = sign_in(seller()), sign_in(make_operator("viewer", "viewer"))

    viewer.post(f"{LIST}{mine}/release/", {"reason": "because", **SENT})
    assert books(account)["held"] == 1
    page = maker.get(f"{LIST}{mine}/change/").content.decode()
    assert "Release" in page
    maker.post(f"{LIST}{mine}/release/", {"reason": "Asked at the counter", **SENT})
    assert books(account)["held"] == 0
    assert AuditEvent.objects.get(event="fuxiang_zone.reservation_released").reason == (
        "Asked at the counter"
    )


def test_an_export_holds_what_the_list_shows_and_is_recorded() -> None:
    account = product_on_sale(title="Large CD")
    reserve(account, "C1")
    reserve(product_on_sale(title="Other"), "C2")
    maker = sign_in(seller())

    confirmed = maker.post(
        f"{LIST}export/?product={account.product_id}", {"file_format": "csv", **SENT}, follow=True
    )
    text = b"".join(confirmed.streaming_content).decode("utf-8-sig")

    (header, line) = text.strip().splitlines()
    assert header.startswith("Reservation,Product,Customer number,Units")
    assert "Large CD,C1,1,200000.00" in line
    told = AuditEvent.objects.get(event="fuxiang_zone.reservations_exported").after
    assert (told["rows"], told["format"]) == (1, "csv")
    stranger = sign_in(empower(make_operator("other", "branch", branch=_town())))
    refused = stranger.post(f"{LIST}export/", {"file_format": "csv", **SENT}, follow=True)
    assert not refused.headers.get("Content-Disposition")


def _town() -> Branch:
    return Branch.add_root(code="town", name="town")
