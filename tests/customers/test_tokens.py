from __future__ import annotations

import base64
import json
import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured

from customers import tokens
from customers.choices import CallerKind
from customers.errors import TokenRefused, WrongBank
from customers.tokens import Caller, verify
from tests.mobile.phones import KEY, KID, key_set, public_key, token

ALPHA: Any = SimpleNamespace(slug="alpha")
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def unsigned(claims: dict[str, Any]) -> str:
    def part(document: dict[str, Any]) -> str:
        raw = json.dumps(document).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'kid': 'test-1'})}.{part(claims)}."


@pytest.mark.parametrize(
    ("claims", "caller"),
    [
        ({"sub": "C0000001"}, Caller(CallerKind.CUSTOMER, "C0000001")),
        ({"sub": "C1", "preview": True}, Caller(CallerKind.CUSTOMER, "C1", may_preview=True)),
        ({"sub": "C1", "preview": "yes"}, Caller(CallerKind.CUSTOMER, "C1")),
        ({}, Caller(CallerKind.VISITOR)),
        ({"system": "core"}, Caller(CallerKind.SYSTEM)),
    ],
)
def test_a_token_says_who_calls(claims: dict[str, Any], caller: Caller) -> None:
    assert verify(token(**claims), ALPHA) == caller


def test_a_systems_token_says_which_system() -> None:
    assert verify(token(system="核心系统"), ALPHA).system == "核心系统"
    assert verify(token(sub="C1"), ALPHA).system == ""


@pytest.mark.parametrize(
    "bearer",
    [
        pytest.param("", id="empty"),
        pytest.param("abc", id="garbled"),
        pytest.param("é.é.é", id="not ascii"),
        pytest.param("a" * 5000, id="too long"),
        pytest.param(token(sub="C1")[:-8] + "AAAAAAAA", id="another signature"),
        pytest.param(token(sub="C1", key=OTHER_KEY), id="another key"),
        pytest.param(token(sub="C1", kid="unknown"), id="unknown key id"),
        pytest.param(token(sub="C1", key="secret" * 8), id="HS256"),
        pytest.param(unsigned({"bank": "alpha", "exp": 9999999999}), id="unsigned"),
        pytest.param(token(sub="C1", exp=None), id="without exp"),
        pytest.param(token(sub="C1", exp=int(time.time()) - 60), id="expired"),
        pytest.param(token(sub="C1", nbf=int(time.time()) + 43_200), id="not yet valid"),
        pytest.param(token(None, sub="C1"), id="without bank"),  # type: ignore[arg-type]
        pytest.param(token(["alpha"], sub="C1"), id="a list of banks"),  # type: ignore[arg-type]
        pytest.param(token(sub="C 1"), id="no customer number"),
        pytest.param(token(sub="C" * 33), id="a long customer number"),
        pytest.param(token(sub="C1", system="core"), id="customer and system"),
        pytest.param(token(system=""), id="nameless system"),
        pytest.param(token(system="x" * 61), id="a long system name"),
        pytest.param(token(system="core\x00"), id="a system name that cannot be shown"),
    ],
)
def test_what_is_no_valid_token_is_refused(bearer: str) -> None:
    with pytest.raises(TokenRefused):
        verify(bearer, ALPHA)


def test_a_token_of_another_bank_is_refused_also_when_it_is_remembered() -> None:
    bearer = token("beta", sub="C1")
    assert verify(bearer, SimpleNamespace(slug="beta")).customer_number == "C1"  # type: ignore[arg-type]

    with pytest.raises(WrongBank):
        verify(bearer, ALPHA)


def test_the_signature_is_verified_once_and_the_expiry_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    real = tokens._signed_claims
    monkeypatch.setattr(tokens, "_signed_claims", lambda *args: calls.append(1) or real(*args))
    bearer = token(sub="C1", exp=int(time.time()) + 30)

    for _ in range(3):
        verify(bearer, ALPHA)
    assert len(calls) == 1

    # An hour later what is remembered no longer counts: the signature step is asked again.
    with pytest.raises(TokenRefused) as refused:
        verify(bearer, ALPHA, now=time.time() + 3600)
    assert (len(calls), refused.value.code_text) == (2, "token_expired")


def test_the_memory_of_tokens_is_bounded() -> None:
    memory = tokens._Memory(2)
    entry = tokens._Verified("alpha", Caller(CallerKind.VISITOR), time.time() + 60)

    for name in (b"1", b"2", b"3"):
        memory.put(name, entry)

    assert len(memory) == 2
    assert memory.get(b"1", time.time()) is None


def test_a_new_key_of_the_identity_is_accepted_beside_the_old_one(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set(public_key(), public_key(OTHER_KEY, "test-2"))

    assert verify(token(sub="C1"), ALPHA).is_customer
    assert verify(token(sub="C2", key=OTHER_KEY, kid="test-2"), ALPHA).is_customer
    with pytest.raises(TokenRefused):
        verify(token(sub="C1", kid="test-2", key=KEY), ALPHA)


@pytest.mark.parametrize("keys", ["", "{}", '{"keys": [{"kty": "EC", "crv": "P-256"}]}'])
def test_a_key_set_that_is_none_is_a_mistake_of_the_settings(settings: Any, keys: str) -> None:
    settings.CHANNEL_JWT_KEYS = keys

    with pytest.raises(ImproperlyConfigured):
        verify(token(sub="C1"), ALPHA)


@pytest.mark.parametrize("claims", [{"nbf": 4_000_000_000}, {"iat": 4_000_000_000}, {"nbf": "x"}])
def test_a_token_of_the_future_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        verify(token(sub="C1", **claims), ALPHA)


@pytest.mark.parametrize(
    ("audience", "is_ours"), [("app", True), (["x", "app"], True), ("x", False)]
)
def test_a_token_for_another_audience_is_refused(
    settings: Any, audience: Any, is_ours: bool
) -> None:
    settings.CHANNEL_JWT_AUDIENCE = "app"
    if is_ours:
        assert verify(token(sub="C1", aud=audience), ALPHA).customer_number == "C1"
        return
    with pytest.raises(TokenRefused):
        verify(token(sub="C1", aud=audience), ALPHA)


@pytest.mark.parametrize("spoil", [
    lambda text: text[:-4] + "AAAA",
    lambda text: text + "=",
    lambda text: text.replace(".", "..", 1),
    lambda text: ".".join([text.split(".")[0], text.split(".")[0], text.split(".")[2]]),
    lambda text: "\n" + text,
    lambda text: ".".join([*text.split(".")[:2], "A" * 86]),
])  # fmt: skip
def test_a_token_that_was_touched_is_refused_though_its_header_is_known(spoil: Any) -> None:
    good = token(sub="C1")
    assert verify(good, ALPHA).customer_number == "C1"

    with pytest.raises(TokenRefused):
        verify(spoil(good), ALPHA)


def test_a_header_that_asks_for_extensions_is_refused() -> None:
    claims = {"bank": "alpha", "sub": "C1", "exp": int(time.time()) + 60}
    bearer = jwt.encode(claims, KEY, "ES256", headers={"kid": KID, "crit": ["b64"], "b64": True})

    with pytest.raises(TokenRefused):
        verify(bearer, ALPHA)
