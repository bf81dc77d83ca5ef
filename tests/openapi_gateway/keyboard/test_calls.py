"""The keyboard's calls as partners and phones make them, through the whole pipeline."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from openapi_gateway.access.models import Grant
from openapi_gateway.base_services.keyboard.agreement import offer_text
from openapi_gateway.base_services.keyboard.messages import Begun, Shown
from openapi_gateway.base_services.keyboard.models import PinSession
from openapi_gateway.base_services.keyboard.operations import SESSIONS
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.models import Client
from tests.openapi_gateway.keyboard.phones import ORIGIN, pressed, translation, unbase64
from tests.openapi_gateway.making import Partner, a_ready_partner

pytestmark = pytest.mark.django_db

PIN = "135790"
WISH = {"purpose": "txn", "length": 6, "device_fp": "device-0001"}


def begun(partner: Partner, **more: Any) -> Begun:
    answer = partner.post(SESSIONS, {**WISH, **more})
    assert answer.status_code == 201, answer.content
    return msgspec.json.decode(answer.content, type=Begun)


def layout(partner: Partner, session_id: str, token: str) -> Any:
    headers = {"Host": partner.host, "Authorization": f"Bearer {token}"}
    return partner.send("GET", f"{SESSIONS}/{session_id}/layout", b"", headers)


def code(answer: Any) -> str:
    return str(answer.json()["code"])


def test_a_partner_begins_a_phone_shows_and_the_partner_gets_a_block(partner: Partner) -> None:
    Client.objects.filter(pk=partner.client.pk).update(origins=[ORIGIN])
    session = begun(partner)

    shown = layout(partner, session.session_id, session.client_token)
    offer = msgspec.json.decode(shown.content, type=Shown)
    assert shown.status_code == 200
    assert (offer.layout, offer.origins) == (session.layout, [ORIGIN])
    assert "client_token" not in shown.json()
    answer = partner.post(f"{SESSIONS}/{session.session_id}:translate", translation(offer, PIN))

    assert answer.status_code == 200, answer.content
    assert len(answer.json()["pin_block"]) == 32
    assert code(layout(partner, session.session_id, session.client_token)) == "GW.STATE.CONFLICT"


def test_the_offer_is_signed_by_a_published_key_of_the_platform(partner: Partner) -> None:
    offer = begun(partner)
    keys = partner.get("/gw/v1/platform-keys").json()["keys"]
    key = next(each for each in keys if each["kid"] == offer.enc_key.signed_by)
    x, y = (int.from_bytes(unbase64(key[name])) for name in ("x", "y"))
    signature = unbase64(offer.enc_key.signature)
    text = offer_text(
        session_id=offer.session_id, app_id=offer.app_id, environment="sandbox", purpose="txn",
        length=6, server_random=offer.server_random, layout=offer.layout,
        expires_at=offer.expires_at, pub=offer.enc_key.pub,
    )  # fmt: skip

    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
        encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:])),
        text, ec.ECDSA(SHA256()),
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"length": 3}, {"length": 13}, {"length": "6"}, {"purpose": "pay"}, {"charset": "letters"},
        {"device_fp": "short"}, {"device_fp": "x" * 129}, {"account_ref": "a/b/c/d"},
        {"layout": "fixed"},
    ],
    ids=str,
)  # fmt: skip
def test_a_wish_that_cannot_be_is_refused(partner: Partner, change: dict[str, Any]) -> None:
    assert code(partner.post(SESSIONS, {**WISH, **change})) == "GW.REQ.SCHEMA"
    assert PinSession.objects.count() == 0


def test_a_phone_needs_the_sessions_own_token(partner: Partner) -> None:
    one, other = begun(partner), begun(partner)

    for token in ("", "wrong", other.client_token):
        answer = layout(partner, one.session_id, token)
        assert (answer.status_code, code(answer)) == (404, "GW.RES.NOT_FOUND")
    assert layout(partner, "ps_unknown", one.client_token).status_code == 404
    partner.environment = "production"
    assert layout(partner, one.session_id, one.client_token).status_code == 404


def test_a_phone_is_refused_when_the_grant_is_suspended(partner: Partner) -> None:
    session = begun(partner)
    Grant.objects.filter(client=partner.client).update(suspension="all")
    directory.forget_everything()

    answer = layout(partner, session.session_id, session.client_token)

    assert code(answer) == "GW.GRANT.SUSPENDED"


@pytest.mark.parametrize("verb", ["translate", "verify"])
def test_each_use_has_a_scope_of_its_own(alpha: Any, verb: str) -> None:
    other = {"translate": "verify", "verify": "translate"}[verb]
    partner = a_ready_partner(alpha, ("keyboard",), scopes={"keyboard": [f"keyboard.{other}"]})
    session = begun(partner)
    body = translation(session, PIN)
    if verb == "verify":
        body = {"ciphertext": pressed(session, PIN), "account_ref": "acct_7Qx2aZ"}

    answer = partner.post(f"{SESSIONS}/{session.session_id}:{verb}", body)

    assert code(answer) == "GW.SCOPE.DENIED"


def test_another_clients_session_is_not_found(partner: Partner, alpha: Any, beta: Any) -> None:
    session = begun(partner)
    body = translation(session, PIN)

    for bank in (alpha, beta):
        other = a_ready_partner(bank, ("keyboard",))
        answer = other.post(f"{SESSIONS}/{session.session_id}:translate", body)
        assert (answer.status_code, code(answer)) == (404, "GW.RES.NOT_FOUND")


def test_the_same_call_sent_again_gets_the_same_answer(partner: Partner) -> None:
    session = begun(partner)
    address = f"{SESSIONS}/{session.session_id}:translate"
    body = translation(session, PIN)

    first, again = (partner.post(address, body, key="once") for _ in range(2))

    assert first.content == again.content
    assert code(partner.post(address, body)) == "GW.STATE.CONFLICT"
    begin_twice = [partner.post(SESSIONS, WISH, key="begin") for _ in range(2)]
    assert begin_twice[0].content == begin_twice[1].content


def test_an_openid_of_somebody_else_is_not_found(partner: Partner) -> None:
    answer = partner.post(SESSIONS, {**WISH, "openid": "o_" + "a" * 32})

    assert (answer.status_code, code(answer)) == (404, "GW.RES.NOT_FOUND")


def test_the_core_answers_over_its_own_protocol(partner: Partner, simulators: Any) -> None:
    def verify(pin: str) -> Any:
        session = begun(partner)
        body = {"ciphertext": pressed(session, pin), "account_ref": f"acct_{partner.app_id}"}
        return partner.post(f"{SESSIONS}/{session.session_id}:verify", body).json()

    assert verify("135790")["matched"] is False
    assert verify("246810") == {"matched": True, "attempts_left": 3, "locked_until": None}
