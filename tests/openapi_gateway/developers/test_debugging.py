"""POST /gw/v1/sandbox/signature:debug."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.test import Client as Browser

from openapi_gateway.base_services.debugging import pace
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from tests.openapi_gateway.making import PRODUCTION, Partner, a_ready_partner

pytestmark = pytest.mark.django_db
PATH, BODY = "/gw/v1/identity/tickets:exchange", b'{"ticket":"t","code_verifier":"v"}'
HOST = "sandbox.open.localhost"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    directory.forget_everything()
    abuse.forget_everything()
    pace.forget_everything()
    yield
    directory.forget_everything()


def _ask(described: dict[str, Any], host: str = HOST, **more: Any) -> Any:
    described = {"method": "POST", "path": PATH, "language": "en", **described}
    return Browser().post(
        "/gw/v1/sandbox/signature:debug", described, content_type="application/json",
        headers={"host": host}, **more,
    )  # fmt: skip


def _described(partner: Partner, body: bytes = BODY, **more: str) -> dict[str, Any]:
    sent = partner.headers("POST", PATH, body, **more)
    return {"headers": sent, "body": body.decode()}


def _codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer.json()["findings"]]


def _words(answer: Any) -> str:
    return " ".join(each["detail"] for each in answer.json()["findings"])


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_right_signature_is_called_right(alpha: Any, algorithm: Algorithm) -> None:
    partner = a_ready_partner(alpha, algorithm=algorithm)
    answer = _ask(_described(partner, idempotency_key="one"))
    told = answer.json()
    assert (answer.status_code, told["findings"], told["verified"]) == (200, [], True)
    assert told["signature_base"].startswith(
        '"@method": POST\n"@authority": sandbox.open.localhost'
    )
    assert told["components"][-2:] == ["rcb-app-id", "idempotency-key"]
    assert answer["Signature-Input"].startswith('sig1=("@status"')


def test_a_body_may_be_told_in_base64(alpha: Any) -> None:
    described = _described(a_ready_partner(alpha))
    raw = b64encode(described.pop("body").encode()).decode()
    assert _ask({**described, "body_base64": raw}).json()["verified"] is True
    broken = _ask({**described, "body_base64": "*"})
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (400, "/body_base64")


def test_a_signature_in_asn1_is_recognised(alpha: Any) -> None:
    described = _described(a_ready_partner(alpha, algorithm=Algorithm.P256))
    raw = b64decode(described["headers"]["Signature"][6:-1])
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    described["headers"]["Signature"] = f"sig1=:{b64encode(der).decode()}:"
    answer = _ask(described)
    assert answer.json()["verified"] is False
    assert "DER" in _words(answer)


_SPOILT: dict[str, tuple[Callable[[str], str], str, str]] = {
    "alg": (lambda text: f'{text};alg="hmac-sha256"', "GW.SIG.MALFORMED", "alg"),
    "component": (lambda text: text.replace('"@query" ', ""), "GW.SIG.COMPONENTS", "@query"),
    "order": (
        lambda text: text.replace('"@method" "@authority"', '"@authority" "@method"'),
        "GW.SIG.COMPONENTS", "another order",
    ),
    "tag": (lambda text: text.replace("rcb-gw-1", "other"), "GW.SIG.MALFORMED", "tag"),
    "label": (lambda text: text.replace("sig1=", "sig2=", 1), "GW.SIG.MALFORMED", "sig2"),
    "brackets": (lambda text: text.replace("(", "["), "GW.SIG.MALFORMED", "not of the form"),
    "quotes": (
        lambda text: text.replace("created=", 'created="').replace(";expires", '";expires'),
        "GW.SIG.MALFORMED", "without quotes",
    ),
    "two": (lambda text: f'{text}, sig2=("@method");created=1', "GW.SIG.MALFORMED", "exactly one"),
    "unknown": (lambda text: f"{text};more=1", "GW.SIG.MALFORMED", "more"),
    "nothing": (lambda text: "", "GW.SIG.MISSING", "signature-input"),
}  # fmt: skip


@pytest.mark.parametrize("how", _SPOILT)
def test_what_is_wrong_is_told_in_words(alpha: Any, how: str) -> None:
    spoil, code, word = _SPOILT[how]
    described = _described(a_ready_partner(alpha))
    described["headers"]["Signature-Input"] = spoil(described["headers"]["Signature-Input"])
    answer = _ask(described)
    assert answer.status_code == 200
    assert code in _codes(answer)
    assert word in _words(answer)
    assert answer.json()["verified"] is not True or how == "label"


def test_a_short_nonce_and_a_wrong_clock_are_told(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    partner.now = 1_000_000_000
    answer = _ask(_described(partner, nonce="short"))
    assert set(_codes(answer)) == {"GW.SIG.MALFORMED", "GW.SIG.EXPIRED"}
    assert "5 characters" in _words(answer)


def test_another_body_s_digest_is_told_with_the_right_one(alpha: Any) -> None:
    described = _described(a_ready_partner(alpha))
    answer = _ask({**described, "body": "{}"})
    assert _codes(answer) == ["GW.SIG.DIGEST_MISMATCH"]
    assert answer.json()["content_digest"] in _words(answer)


def test_of_keys_of_others_nothing_is_told(alpha: Any, beta: Any) -> None:
    partner, other = a_ready_partner(alpha), a_ready_partner(beta)
    described = _described(partner)
    described["headers"]["Rcb-App-Id"] = other.app_id
    answer = _ask(described)
    assert _codes(answer) == ["GW.KEY.UNKNOWN"]
    assert answer.json()["verified"] is None


def test_a_production_key_is_never_tried(alpha: Any) -> None:
    partner = a_ready_partner(alpha, environment=PRODUCTION, algorithm=Algorithm.P256)
    answer = _ask(_described(partner))
    assert _codes(answer) == ["GW.KEY.WRONG_ENV"]
    assert answer.json()["verified"] is None


def test_a_wrong_secret_leaves_one_finding_and_tells_no_signature(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    stranger = a_ready_partner(alpha)
    stranger.key_id, stranger.client = partner.key_id, partner.client
    answer = _ask(_described(stranger))
    assert _codes(answer) == ["GW.SIG.INVALID"]
    base = answer.json()["signature_base"].encode()
    assert b64encode(partner.sign(base)).decode() not in answer.content.decode()
    assert partner.secret not in answer.content.decode()


def test_production_has_no_such_address(alpha: Any) -> None:
    answer = _ask(_described(a_ready_partner(alpha)), host="open.localhost")
    assert (answer.status_code, answer.json()["code"]) == (404, "GW.RES.NOT_FOUND")


def test_an_address_that_asks_again_and_again_waits() -> None:
    described: dict[str, Any] = {"headers": {}}
    codes = [_ask(described).status_code for _number in range(pace.MOST_QUESTIONS + 1)]
    assert codes == [200] * pace.MOST_QUESTIONS + [429]
    assert _ask(described, REMOTE_ADDR="203.0.113.99").status_code == 200


@pytest.mark.parametrize("text", ["", "\0", "é=(", 'sig1=("a";b="', "sig1=()", "=" * 4000])
def test_no_headers_break_it(text: str) -> None:
    answer = _ask({"headers": {"Signature-Input": text, "Signature": text}})
    assert (answer.status_code, answer.json()["verified"]) == (200, None)


@pytest.mark.parametrize("number", ["²", "١٢", "9" * 40, "-1", "1.5", '"7"', ""])
def test_a_moment_that_is_no_number_is_said_and_no_failure(alpha: Any, number: str) -> None:
    described = _described(a_ready_partner(alpha))
    given = re.sub(r"created=\d+", f"created={number}", described["headers"]["Signature-Input"])
    described["headers"]["Signature-Input"] = given
    answer = _ask(described)
    assert answer.status_code == 200
    assert "GW.SIG.MALFORMED" in _codes(answer)


def test_a_path_is_shown_as_the_gateway_would_read_it(alpha: Any) -> None:
    partner, sent = a_ready_partner(alpha), PATH.replace(":", "%3A")
    headers = partner.headers("POST", sent, BODY)
    told = _ask({"path": sent, "headers": headers, "body": BODY.decode()}).json()
    assert f'"@path": {PATH}\n' in told["signature_base"]
    assert told["verified"] is False
    assert partner.send("POST", sent, BODY, headers).json()["code"] == "GW.SIG.INVALID"
