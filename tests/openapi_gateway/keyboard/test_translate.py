from __future__ import annotations

from typing import Any

import pytest

from openapi_gateway.base_services.keyboard.choices import SessionState
from openapi_gateway.base_services.keyboard.models import PinSession
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream.pin_blocks import digits_of_reference
from openapi_gateway.upstream.zone_keys import ZoneKeyName, zone_keys
from tests.openapi_gateway.keyboard.phones import (
    PAN,
    a_client,
    begin,
    call,
    later,
    positions_of,
    pressed,
    sealed,
    translation,
    unbase64,
)

pytestmark = pytest.mark.django_db

PIN = "135790"
AES = zone_keys().default_key_id()
TDES = AES.replace("aes128", "tdes3")


@pytest.fixture
def client(alpha: Any) -> Any:
    return a_client(alpha)


def refused(client: Any, session: Any, body: dict[str, Any], **more: Any) -> str:
    with pytest.raises(GatewayRefused) as caught:
        call(client, "translate", body, session_id=session.session_id, **more)
    return caught.value.problem.code


def row(session: Any) -> PinSession:
    return PinSession.objects.get(session_id=session.session_id)


@pytest.mark.parametrize(("key_id", "block_format"), [(AES, 4), (TDES, 0)])
@pytest.mark.parametrize("pin", ["1357", PIN, "135792468013"])
def test_what_was_pressed_becomes_a_block_under_the_banks_key(
    client: Any, pin: str, key_id: str, block_format: int
) -> None:
    session = begin(client, length=len(pin))
    body = translation(session, pin, target_key_id=key_id, format=block_format)

    reply = call(client, "translate", body, session_id=session.session_id)

    name = ZoneKeyName(client.bank_slug, "sandbox", key_id)
    block = bytes.fromhex(reply.body.pin_block)
    assert list(zone_keys().open(name, block_format, block, PAN)) == [int(each) for each in pin]
    assert reply.body.kcv == zone_keys().check_value(name, block_format)
    assert reply.billable
    assert row(session).state == SessionState.TRANSLATED


def test_a_token_stands_for_an_account_number(client: Any) -> None:
    session = begin(client)
    body = translation(session, PIN, pan="", pan_token="tok_7Qx2aZ")

    reply = call(client, "translate", body, session_id=session.session_id)

    name = ZoneKeyName(client.bank_slug, "sandbox", AES)
    bound = digits_of_reference("tok_7Qx2aZ")
    opened = zone_keys().open(name, 4, bytes.fromhex(reply.body.pin_block), bound)
    assert list(opened) == [1, 3, 5, 7, 9, 0]


def test_a_session_serves_once(client: Any) -> None:
    session = begin(client)
    call(client, "translate", translation(session, PIN), session_id=session.session_id)

    assert refused(client, session, translation(session, PIN)) == "GW.STATE.CONFLICT"


def test_an_ended_session_is_told_apart_from_a_used_one(client: Any) -> None:
    session = begin(client)

    assert refused(client, session, translation(session, PIN), at=later(121)) == (
        "GW.SESSION.EXPIRED"
    )
    assert row(session).state == SessionState.CREATED


def test_a_session_whose_secrets_are_gone_has_ended(client: Any) -> None:
    from openapi_gateway.base_services.keyboard import stash

    session = begin(client)
    stash.take(session.session_id)

    assert refused(client, session, translation(session, PIN)) == "GW.SESSION.EXPIRED"
    assert row(session).state == SessionState.REJECTED


def test_what_belongs_to_others_is_not_found(client: Any, alpha: Any, beta: Any) -> None:
    session = begin(client)
    body = translation(session, PIN)

    assert refused(a_client(alpha), session, body) == "GW.RES.NOT_FOUND"
    assert refused(a_client(beta), session, body) == "GW.RES.NOT_FOUND"
    forged = a_client(beta, app_id=client.app_id)
    assert refused(forged, session, body) == "GW.RES.NOT_FOUND"
    assert refused(client, session, body, environment="production") == "GW.RES.NOT_FOUND"
    assert row(session).state == SessionState.CREATED
    assert call(client, "translate", body, session_id=session.session_id).status == 200


@pytest.mark.parametrize(
    "bound",
    [
        {"session_id": "ps_" + "A" * 32},
        {"app_id": "app_0123456789abcdef"},
        {"server_random": "A" * 43},
        {"purpose": "set"},
    ],
    ids=lambda each: next(iter(each)),
)
def test_a_ciphertext_bound_to_something_else_does_not_open(
    client: Any, bound: dict[str, str]
) -> None:
    session = begin(client)
    body = translation(session, PIN, ciphertext=sealed(session, b"\0" * 6, **bound))

    assert refused(client, session, body) == "PIN.CIPHERTEXT"
    assert row(session).state == SessionState.REJECTED
    assert row(session).reason == "PIN.CIPHERTEXT"
    # And the right one comes too late.
    assert refused(client, session, translation(session, PIN)) == "GW.STATE.CONFLICT"


@pytest.mark.parametrize("part", ["eph_pub", "iv", "ct", "tag"])
def test_a_ciphertext_changed_on_its_way_does_not_open(client: Any, part: str) -> None:
    session = begin(client)
    ciphertext = pressed(session, PIN)
    text = ciphertext[part]
    changed = {**ciphertext, part: ("B" if text[3] != "B" else "C").join((text[:3], text[4:]))}

    body = translation(session, PIN, ciphertext=changed)
    assert refused(client, session, body) == "PIN.CIPHERTEXT"


@pytest.mark.parametrize("part", ["eph_pub", "iv", "tag"])
def test_a_part_of_another_size_does_not_open(client: Any, part: str) -> None:
    session = begin(client)
    ciphertext = {**pressed(session, PIN), part: "AAAA"}

    body = translation(session, PIN, ciphertext=ciphertext)
    assert refused(client, session, body) == "PIN.CIPHERTEXT"


def test_a_ciphertext_of_another_session_does_not_open(client: Any) -> None:
    session, other = begin(client), begin(client)

    body = translation(session, PIN, ciphertext=pressed(other, PIN))
    assert refused(client, session, body) == "PIN.CIPHERTEXT"


@pytest.mark.parametrize("pin", ["1", "13579", "1357902"])
def test_another_length_than_the_sessions_is_refused(client: Any, pin: str) -> None:
    session = begin(client)
    assert refused(client, session, translation(session, pin)) == "PIN.LENGTH"


@pytest.mark.parametrize("position", [10, 11, 48, 255])
def test_a_position_off_the_keypad_is_refused(client: Any, position: int) -> None:
    session = begin(client)
    positions = positions_of(session, PIN)[:5] + bytes([position])

    body = translation(session, PIN, ciphertext=sealed(session, positions))
    assert refused(client, session, body) == "PIN.POSITION"
    assert row(session).reason == "PIN.POSITION"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target_key_id": "nobody.aes128"}, "PIN.TARGET_KEY"),
        ({"target_key_id": AES.replace("aes128", "aes512")}, "PIN.TARGET_KEY"),
        ({"target_key_id": TDES, "format": 4}, "PIN.FORMAT"),
        ({"target_key_id": AES, "format": 0}, "PIN.FORMAT"),
        ({"pan": "6217-0012-3456-789"}, "PIN.PAN"),
        ({"pan": "62170012345"}, "PIN.PAN"),
        ({"pan": "621700123456", "format": 0, "target_key_id": TDES}, "PIN.PAN"),
        ({"pan": ""}, "PIN.PAN"),
        ({"pan": PAN, "pan_token": "tok_7Qx2aZ"}, "PIN.PAN"),
    ],
)
def test_a_partners_mistake_is_refused_and_the_session_stays_open(
    client: Any, changes: dict[str, Any], code: str
) -> None:
    session = begin(client)

    assert refused(client, session, translation(session, PIN, **changes)) == code
    assert row(session).state == SessionState.CREATED
    body = translation(session, PIN)
    assert call(client, "translate", body, session_id=session.session_id).status == 200


@pytest.mark.parametrize(
    ("pin", "rule"),
    [
        ("000000", "repeats"),
        ("234567", "run"),
        ("987654", "run"),
        ("789012", "run"),
        ("210987", "run"),
        ("121212", "pattern"),
        ("137137", "pattern"),
        ("112233", "pattern"),
        ("567890", "run"),
        ("890123", "run"),
        ("123456", "run"),
        ("700123", "account"),
    ],
)
def test_a_new_pin_that_everybody_guesses_is_refused(client: Any, pin: str, rule: str) -> None:
    session = begin(client, purpose="set")

    with pytest.raises(GatewayRefused) as caught:
        call(client, "translate", translation(session, pin), session_id=session.session_id)

    assert caught.value.problem.code == "PIN.WEAK"
    assert caught.value.errors == [{"pointer": "/ciphertext", "code": rule}]
    assert row(session).state == SessionState.REJECTED


def test_a_good_new_pin_passes_and_a_weak_old_one_may_be_used(client: Any) -> None:
    good = begin(client, purpose="set")
    body = translation(good, "135791")
    assert call(client, "translate", body, session_id=good.session_id).status == 200

    old = begin(client, purpose="txn")
    body = translation(old, "000000")
    assert call(client, "translate", body, session_id=old.session_id).status == 200


def test_the_key_of_a_session_is_new_each_time(client: Any) -> None:
    offers = [begin(client) for _ in range(20)]

    assert len({offer.enc_key.pub for offer in offers}) == 20
    assert len({offer.server_random for offer in offers}) == 20
    assert len({offer.client_token for offer in offers}) == 20
    assert len({tuple(offer.layout) for offer in offers}) >= 19
    assert all(len(unbase64(offer.enc_key.pub)) == 65 for offer in offers)
