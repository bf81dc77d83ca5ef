from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from coupons.counter.tickets import coupon_ticket
from coupons.models import Coupon, LedgerEntry
from tests.approvals.people import make_operator, sign_in
from tests.coupons.counters import Counter, gift_template, held_coupon, make_counter

START = "/admin/coupons/counter/"
DAY = f"{START}day/"


@pytest.fixture
def counter(bank: Any) -> Counter:
    return make_counter()


@pytest.fixture
def desk(counter: Counter) -> Client:
    return sign_in(counter.teller)


def found(client: Client, **typed: str) -> str:
    answer = client.post(f"{START}find/", typed)
    assert answer.status_code == 302
    return str(answer.url)


def form_of(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)
    return {
        "key": key[1] if key else "", "business": "deposit", "reference": "D-1",
        "manager": "teller", "note": "",
    }  # fmt: skip


def redeemed(client: Client, code: str, **given: str) -> LedgerEntry:
    address = found(client, text=code)
    answer = client.post(address, form_of(client, address) | given)
    assert answer.status_code == 302, answer.content.decode()
    return LedgerEntry.objects.get(pk=urlsplit(answer.url).path.split("/")[-2])


def test_a_coupon_is_looked_up_redeemed_and_taken_back_page_by_page(
    counter: Counter, desk: Client
) -> None:
    coupon = held_coupon()
    address = found(desk, text="RICE-0001")
    page = desk.get(address).content.decode()
    assert "A bag of rice" in page
    assert "张*三 ****" in page or "张*三" in page
    assert "RICE-0001" not in page
    assert "RICE-0001" not in address
    form = form_of(desk, address)

    receipt = desk.post(address, form).url
    assert desk.post(address, form).url == receipt
    shown = desk.get(receipt).content.decode()
    assert "D-1" in shown
    assert LedgerEntry.objects.filter(coupon=coupon, action="redeem").count() == 1

    key = form_of(desk, receipt)["key"]
    back = desk.post(receipt, {"key": key, "reason": "Wrong gift"}).url
    assert desk.post(receipt, {"key": key, "reason": "Wrong gift"}).url == back
    assert "Wrong gift" in desk.get(back).content.decode()
    coupon.refresh_from_db()
    assert coupon.state == "claimed"
    assert "taken back already" in desk.get(receipt).content.decode()


def test_what_is_missing_is_said_and_what_was_typed_stays(counter: Counter, desk: Client) -> None:
    held_coupon()
    address = found(desk, text="RICE-0001")
    form = form_of(desk, address)
    page = desk.post(address, form | {"reference": "", "note": "my words"}).content.decode()

    assert "This field is required" in page
    assert "my words" in page
    assert form["key"] in page
    assert not LedgerEntry.objects.filter(action="redeem").exists()


def test_a_refused_redemption_is_said_under_a_new_key(counter: Counter, desk: Client) -> None:
    coupon = held_coupon(gift_template(threshold_cents=100_000))
    address = found(desk, text="RICE-0001")
    form = form_of(desk, address) | {"amount": "999.99"}
    page = desk.post(address, form).content.decode()

    assert "1,000.00" in page
    assert form["key"] not in page
    fresh = re.search(r'name="key" value="([^"]+)"', page)
    assert fresh is not None
    answer = desk.post(address, form | {"key": fresh[1], "amount": "1000"})
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert coupon.state == "redeemed"


def test_a_coupon_that_cannot_be_redeemed_shows_why_and_no_form(
    counter: Counter, desk: Client
) -> None:
    coupon = held_coupon()
    Coupon.objects.filter(pk=coupon.pk).update(branch=counter.other)
    address = found(desk, text="RICE-0001")
    page = desk.get(address).content.decode()

    assert "Branch B2" in page
    assert 'name="reference"' not in page
    answer = desk.post(address, {"key": f"counter-{'0' * 32}", "business": "deposit",
                                 "reference": "D", "manager": "m"})  # fmt: skip
    assert answer.status_code == 200
    assert not LedgerEntry.objects.filter(action="redeem").exists()


def test_a_look_up_is_the_operator_s_own_and_does_not_last(
    counter: Counter, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    coupon = held_coupon()
    address = found(desk, text="RICE-0001")
    assert sign_in(counter.below).get(address).url == START
    assert desk.get(f"{START}coupon/{coupon.pk}/").url == START
    assert desk.get(f"{START}customer/{coupon_ticket(counter.teller, coupon.pk)}/").url == START
    later = time.time() + 16 * 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert desk.get(address).url == START


def test_a_customer_s_coupons_lead_to_each_of_them(counter: Counter, desk: Client) -> None:
    template = gift_template()
    held_coupon(template, "RICE-0001")
    held_coupon(template, "RICE-0002")
    address = found(desk, number="C1")
    page = desk.get(address).content.decode()
    links = re.findall(r'href="(/admin/coupons/counter/coupon/[^"]+)"', page)

    assert len(links) == 2
    assert desk.get(links[0]).status_code == 200
    assert "C1/" not in address


def test_nothing_found_is_said_where_one_can_try_again(desk: Client) -> None:
    answer = desk.post(f"{START}find/", {"text": "GUESS-1"}, follow=True)

    assert "No coupon has this code" in answer.content.decode()
    assert answer.redirect_chain == [(START, 302)]


def test_who_belongs_to_no_branch_sees_why(counter: Counter) -> None:
    client = sign_in(make_operator("homeless", "branch"))
    for address in (START, DAY):
        page = client.get(address).content.decode()
        assert "no branch" in page
        assert 'name="text"' not in page


def test_the_counter_is_for_those_who_may_redeem(counter: Counter) -> None:
    client = sign_in(make_operator("mia", "maker", branch=counter.branch))

    assert client.get(START).status_code == 403
    assert client.post(f"{START}find/", {"text": "RICE-0001"}).status_code == 403


# --- the list of a day ---------------------------------------------------------------------------
def test_the_day_lists_the_branch_and_those_below_and_adds_up(
    counter: Counter, desk: Client
) -> None:
    template = gift_template()
    for number in range(1, 5):
        held_coupon(template, f"RICE-000{number}")
    first = redeemed(desk, "RICE-0001", manager="Li Lei")
    redeemed(sign_in(counter.below), "RICE-0002", manager="Han")
    redeemed(sign_in(counter.elsewhere), "RICE-0003", manager="Elsewhere")
    key = form_of(desk, f"{START}receipt/{first.pk}/")["key"]
    desk.post(f"{START}receipt/{first.pk}/", {"key": key, "reason": "Wrong"})

    answer = desk.get(DAY)
    totals, page = answer.context["totals"], answer.content.decode()
    assert (totals.all.redeemed, totals.all.reversed, totals.all.cents) == (2, 1, 3000)
    managers = {name: (s.redeemed, s.reversed) for name, s in totals.by_manager.items()}
    assert managers == {"Li Lei": (1, 1), "Han": (1, 0)}
    assert "Elsewhere" not in page
    assert "RICE-000" not in page
    yesterday = timezone.localdate() - timedelta(days=1)
    assert "Nothing was redeemed" in desk.get(f"{DAY}?day={yesterday}").content.decode()
    for nonsense in ("x", "2026-13-40", "9999-01-01", ""):
        assert desk.get(DAY, {"day": nonsense}).status_code == 200


def test_the_file_of_a_day_is_masked_escaped_and_on_record(counter: Counter, desk: Client) -> None:
    held_coupon()
    redeemed(desk, "RICE-0001", reference="=cmd|' /C calc'!A0", manager="+86 Li")
    answer = desk.post(DAY, {"day": str(timezone.localdate())})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")

    assert "'=cmd|" in text
    assert "'+86 Li" in text
    assert "RICE-0001" not in text
    assert "****" in text
    event = AuditEvent.objects.get(event="coupons.counter_exported")
    assert (event.after["rows"], event.branch_path) == (1, counter.branch.path)


def test_receipts_of_other_branches_do_not_exist(counter: Counter, desk: Client) -> None:
    held_coupon()
    entry = redeemed(sign_in(counter.elsewhere), "RICE-0001")

    assert desk.get(f"{START}receipt/{entry.pk}/").status_code == 404
    assert desk.get(f"{START}receipt/{2**70}/").status_code == 404


def test_the_receipt_of_an_outlet_shows_and_only_the_outlet_takes_back(
    counter: Counter, desk: Client
) -> None:
    held_coupon()
    entry = redeemed(sign_in(counter.below), "RICE-0001")
    address = f"{START}receipt/{entry.pk}/"
    page = desk.get(address).content.decode()

    assert "Only the branch that redeemed" in page
    assert 'name="reason"' not in page
    answer = desk.post(address, {"key": f"counter-{'1' * 32}", "reason": "Mine"})
    assert "Only the branch that redeemed" in answer.content.decode()


def test_a_staff_number_or_name_is_written_out(counter: Counter, desk: Client) -> None:
    counter.teller.name, counter.teller.staff_number = "李雷", "1007"
    counter.teller.save()
    template = gift_template()
    held_coupon(template, "RICE-0001")
    held_coupon(template, "RICE-0002")

    assert redeemed(desk, "RICE-0001", manager="1007").manager == "李雷 1007"
    assert redeemed(desk, "RICE-0002", manager="外拓小组").manager == "外拓小组"
