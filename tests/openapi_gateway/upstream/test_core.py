"""The adapter of the banks' cores against the simulated core."""

from __future__ import annotations

from secrets import randbelow

import pytest

from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream import core
from openapi_gateway.upstream.core import PinAnswer
from openapi_gateway.upstream.models import VendorCode
from openapi_gateway.upstream.pin_blocks import digits_of_reference
from openapi_gateway.upstream.zone_keys import ZoneKeyName, zone_keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("simulators")]

RIGHT, WRONG = "246810", "135791"


def fetched(number: str, *claims: str) -> dict[str, str]:
    return core.fetch_claims(
        schema_name="alpha", bank_slug="alpha", environment="sandbox", customer_number=number,
        claims=set(claims),
    )  # fmt: skip


def verified(
    pin: str, account: str, bank: str = "alpha", block_format: int = 4, pan: str = ""
) -> PinAnswer:
    key_id = zone_keys().default_key_id()
    if block_format == 0:
        key_id = key_id.replace("aes128", "tdes2")
    digits = bytearray(int(digit) for digit in pin)
    block = zone_keys().seal(
        ZoneKeyName(bank, "sandbox", key_id), block_format, digits,
        pan or digits_of_reference(account),
    )  # fmt: skip
    return core.verify_pin(
        bank_slug="alpha", environment="sandbox", account_ref=account, pin_block=block,
        block_format=block_format, key_id=key_id,
    )  # fmt: skip


def an_account() -> str:
    return f"62{randbelow(10**14):014d}"


def test_claims_are_recognisably_made_up_and_stay_the_same() -> None:
    first = fetched("K100", "name", "phone")

    assert first == fetched("K100", "name", "phone")
    assert first["name"].startswith("演示")
    assert first["phone"].startswith("100")
    assert len(first["phone"]) == 11
    assert fetched("K100", "name") == {"name": first["name"]}


def test_a_customer_whom_the_bank_does_not_know_is_told_so() -> None:
    with pytest.raises(GatewayRefused) as caught:
        fetched("GONE1", "name")

    assert (caught.value.problem.code, caught.value.http_status) == ("CORE.CUSTOMER_UNKNOWN", 422)


@pytest.mark.parametrize("block_format", [0, 4])
def test_the_right_pin_matches_in_either_format(block_format: int) -> None:
    answer = verified(RIGHT, an_account(), block_format=block_format)

    assert answer == PinAnswer(matched=True, attempts_left=3)


def test_documented_accounts_have_the_documented_pins() -> None:
    for account, pin in (("6200000000000001", "123456"), ("6200000000000003", "1234")):
        assert verified(pin, account).matched


def test_a_reference_that_is_no_account_number_works_too() -> None:
    assert verified(RIGHT, f"acct-{randbelow(10**9)}").matched


def test_three_wrong_pins_lock_the_account_and_the_right_one_opens_it_no_more() -> None:
    account = an_account()
    answers = [verified(WRONG, account) for _ in range(3)]

    assert [answer.attempts_left for answer in answers] == [2, 1, 0]
    assert not any(answer.matched for answer in answers)
    assert [bool(answer.locked_until) for answer in answers] == [False, False, True]
    late = verified(RIGHT, account)
    assert (late.matched, late.attempts_left) == (False, 0)
    assert late.locked_until == answers[-1].locked_until


def test_the_right_pin_sets_the_count_back() -> None:
    account = an_account()
    for pin in (WRONG, WRONG, RIGHT):
        last = verified(pin, account)

    assert last.matched
    assert verified(WRONG, account).attempts_left == 2


def test_a_block_under_another_banks_key_does_not_open() -> None:
    with pytest.raises(GatewayRefused) as caught:
        verified(RIGHT, an_account(), bank="beta")

    assert caught.value.problem.code == "CORE.PIN_BLOCK_REFUSED"


def test_a_block_bound_to_another_account_does_not_open() -> None:
    with pytest.raises(GatewayRefused) as caught:
        verified(RIGHT, an_account(), pan=an_account())

    assert caught.value.problem.code == "CORE.PIN_BLOCK_REFUSED"


def test_a_refusal_without_a_translation_decides_nothing() -> None:
    VendorCode.objects.filter(vendor_code="A404").delete()

    with pytest.raises(GatewayRefused) as caught:
        verified(RIGHT, "GONE-1")

    assert caught.value.problem.code == "UP.REFUSED"
