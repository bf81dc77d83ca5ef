"""Requests that nobody sends by chance, and an independent reader of what they are answered."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import http_message_signatures as hms
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openapi_gateway.choices import Algorithm
from tests.openapi_gateway.making import Partner, a_ready_partner
from tests.openapi_gateway.pipeline.test_refusals import code_of

pytestmark = pytest.mark.usefixtures("served")
ECHO, ASK, OPEN = "/gw/v1/test/echo", "/gw/v1/test/some/ask", "/gw/v1/test/open"
VERIFIERS = {
    Algorithm.P256: hms.algorithms.ECDSA_P256_SHA256, Algorithm.ED25519: hms.algorithms.ED25519,
}  # fmt: skip


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha)


class PlatformKeys(hms.HTTPSignatureKeyResolver):
    """As a partner fetches them."""

    def __init__(self, partner: Partner) -> None:
        listed = partner.browser.get("/gw/v1/platform-keys", headers={"host": partner.host})
        self._keys = {each["kid"]: each for each in listed.json()["keys"]}

    def resolve_public_key(self, key_id: str) -> bytes:
        known = self._keys[key_id]
        x = _number(known["x"])
        key: Any = (
            ed25519.Ed25519PublicKey.from_public_bytes(x)
            if known["crv"] == "Ed25519"
            else ec.EllipticCurvePublicNumbers(
                int.from_bytes(x), int.from_bytes(_number(known["y"])), ec.SECP256R1()
            ).public_key()
        )
        return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def resolve_private_key(self, key_id: str) -> bytes:
        raise LookupError(key_id)


def _number(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(partner: Partner, answer: Any, url: str, headers: dict[str, str]) -> set[str]:
    """What an independent verifier finds covered."""
    method = answer.wsgi_request.method
    request = httpx.Request(method, f"http://{partner.host}{url}", headers=headers)
    told = httpx.Response(
        answer.status_code, headers=dict(answer.headers), content=answer.content, request=request
    )
    verifier = hms.HTTPMessageVerifier(
        signature_algorithm=VERIFIERS[partner.algorithm], key_resolver=PlatformKeys(partner)
    )
    found = verifier.verify(told, max_age=timedelta(minutes=1), body=answer.content)
    return set(found[0].covered_components)


@pytest.mark.parametrize("algorithm", list(VERIFIERS))
@pytest.mark.parametrize("query", ["", "a=%E4%B8%AD%20b+c&d=~!*'()"])
def test_an_independent_client_verifies_what_the_platform_signed(
    alpha: Any, algorithm: Algorithm, query: str
) -> None:
    partner = a_ready_partner(alpha, algorithm=algorithm)
    headers = partner.headers("GET", ASK, query=query)
    answer = partner.send("GET", ASK, b"", headers, query=query)
    assert answer.status_code == 200
    covered = verified(partner, answer, f"{ASK}?{query}" if query else ASK, headers)
    assert {'"@status"', '"content-digest"', '"signature";req;key="sig1"'} <= covered


@pytest.mark.parametrize(
    "path", ["/gw/v1/%E4%B8%AD%E6%96%87", "/gw/v1/a%20b", "/gw/v1/x%0A%22@status%22:%20200"]
)
def test_an_address_of_any_characters_is_answered_and_signed_as_it_was_sent(
    partner: Partner, path: str
) -> None:
    partner.algorithm = Algorithm.P256  # nobody has been identified
    answer = partner.browser.get(path, headers={"host": partner.host})
    assert code_of(answer) == (404, "GW.RES.NOT_FOUND")
    assert '"@path";req' in verified(partner, answer, path, {})


def test_the_scheme_s_own_port_is_no_part_of_the_authority(partner: Partner) -> None:
    headers = partner.headers("GET", ASK)
    headers["Host"] = f"{partner.host.upper()}:80"
    assert partner.send("GET", ASK, b"", headers).status_code == 200
    headers = {**partner.headers("GET", ASK), "Host": f"{partner.host}:8080"}
    assert code_of(partner.send("GET", ASK, b"", headers)) == (401, "GW.SIG.INVALID")


def test_a_query_of_too_many_names(partner: Partner) -> None:
    query = "&".join(f"name{number}=1" for number in range(30))
    answer = partner.browser.get(f"{OPEN}?{query}", headers={"host": partner.host})
    assert code_of(answer) == (400, "GW.REQ.MALFORMED")


@pytest.mark.parametrize("length", ["²", "9" * 5000, "-1", "+5", "1e3", "5 5"])
def test_a_length_that_is_none(partner: Partner, length: str) -> None:
    answer = partner.browser.generic(
        "POST", ECHO, b"", headers={"host": partner.host}, CONTENT_LENGTH=length
    )
    assert code_of(answer) == (400, "GW.REQ.MALFORMED")


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (b'{"word": "a", "word": "b"}', "GW.REQ.MALFORMED", "duplicate"),
        (b'{"word": "a", "w\\u006frd": "b"}', "GW.REQ.MALFORMED", "duplicate"),
        (b'{"word": "a\\u0000b"}', "GW.REQ.SCHEMA", "nul"),
    ],
)
def test_a_body_that_two_readers_would_read_differently(
    partner: Partner, body: bytes, code: str, reason: str
) -> None:
    answer = partner.call("POST", ECHO, body)
    assert code_of(answer) == (400, code)
    assert answer.json()["errors"] == [{"pointer": "/word", "code": reason}]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"null", b"\xef\xbb\xbf{}", b'{"word": NaN}', b'{"word": "a", "times": Infinity}',
     b'{"word": "\\ud800"}', b'{"word": ' + b"[" * 500_000],
)  # fmt: skip
def test_what_is_no_body_of_this_kind(partner: Partner, body: bytes) -> None:
    answer = partner.call("POST", ECHO, body)
    assert answer.status_code == 400
    assert answer.json()["code"] in {"GW.REQ.MALFORMED", "GW.REQ.SCHEMA"}
    assert json.loads(answer.content)["retryable"] is False
