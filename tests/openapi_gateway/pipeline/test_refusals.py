"""What a call that is wrong in one way is told."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.access.choices import CatalogueState, GrantState, Suspension
from openapi_gateway.access.models import Grant, ServiceVersion
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.limits import abuse
from openapi_gateway.signing.algorithms import hmac_signer
from tests.openapi_gateway.making import (
    PRODUCTION,
    SANDBOX,
    Partner,
    a_key_pair,
    a_partner,
    a_ready_partner,
)
from tests.openapi_gateway.pipeline.conftest import Counter

pytestmark = pytest.mark.usefixtures("served")
ECHO, FORM, ASK = "/gw/v1/test/echo", "/gw/v1/test/form", "/gw/v1/test/some/ask"
BODY = json.dumps({"word": "hello"}).encode()


def code_of(answer: Any) -> tuple[int, str]:
    document = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert document["request_id"] == answer.headers["Rcb-Request-Id"]
    assert (document["status"], document["instance"]) == (
        answer.status_code, f"/requests/{document['request_id']}",
    )  # fmt: skip
    return answer.status_code, document["code"]


def send(partner: Partner, body: bytes = BODY, **changed: str | None) -> Any:
    """A right call whose headers are then changed; None takes one away."""
    headers = partner.headers("POST", ECHO, body)
    for name, value in changed.items():
        header = name.replace("_", "-").title()
        if value is None:
            del headers[header]
        else:
            headers[header] = value
    return partner.send("POST", ECHO, body, headers)


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha)


def signed_with(partner: Partner, **parameters: str) -> dict[str, str]:
    """Headers whose signature parameters are others, signed rightly all the same."""
    headers = partner.headers("POST", ECHO, BODY)
    params = headers["Signature-Input"].partition("=")[2]
    for name, value in parameters.items():
        head, _equals, rest = params.partition(f";{name}=")
        _old, separator, tail = rest.partition(";")
        params = f"{head};{name}={value}{separator}{tail}" if rest else f"{params};{name}={value}"
    return resigned(partner, headers, params)


def resigned(partner: Partner, headers: dict[str, str], params: str) -> dict[str, str]:
    names = params[2 : params.index('")')].split('" "')
    values = {
        "@method": "POST", "@authority": partner.host, "@path": ECHO, "@query": "?",
        **{name.lower(): value for name, value in headers.items()},
    }  # fmt: skip
    lines = [f'"{name}": {values[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = b64encode(partner.sign(base.encode())).decode()
    return {**headers, "Signature-Input": f"sig1={params}", "Signature": f"sig1=:{signature}:"}


# --- Signature headers ---------------------------------------------------------------------------
@pytest.mark.parametrize("gone", ["signature", "signature_input"])
def test_without_a_signature(partner: Partner, gone: str) -> None:
    answer = send(partner, **{gone: None})
    assert code_of(answer) == (401, "GW.SIG.MISSING")
    assert 'tag="rcb-gw-1"' in answer.headers["Accept-Signature"]


@pytest.mark.parametrize(
    "text", ["sig1", "sig1=:!!!:", "sig1=:AAAA", "x", "sig1=:AAAA:, sig1=:AAAA:", "sig1=:A:"]
)
def test_a_signature_that_cannot_be_read(partner: Partner, text: str) -> None:
    assert code_of(send(partner, signature=text)) == (400, "GW.SIG.MALFORMED")


def test_a_second_signature_is_refused_though_both_are_right(partner: Partner) -> None:
    first = partner.headers("POST", ECHO, BODY)
    second = {
        name: value.replace("sig1=", "sig2=", 1)
        for name, value in partner.headers("POST", ECHO, BODY).items()
    }
    both = {name: f"{first[name]}, {second[name]}" for name in ("Signature", "Signature-Input")}
    answer = partner.send("POST", ECHO, BODY, {**first, **both})
    assert code_of(answer) == (400, "GW.SIG.MALFORMED")


def test_labels_must_agree(partner: Partner) -> None:
    headers = partner.headers("POST", ECHO, BODY)
    headers["Signature"] = headers["Signature"].replace("sig1=", "sig2=")
    answer = partner.send("POST", ECHO, BODY, headers)
    assert code_of(answer) == (400, "GW.SIG.MALFORMED")


def test_any_label_will_do(partner: Partner) -> None:
    partner.label = "my-own"
    answer = partner.call("POST", ECHO, {"word": "hello"})
    assert answer.status_code == 200
    assert answer.headers["Signature"].startswith("my-own=:")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tag", '"another-app"'), ("tag", '"rcb-gw-1-answer"'), ("alg", '"hmac-sha256"'),
        ("alg", '"ecdsa-p256-sha256"'), ("nonce", '"short"'), ("created", '"1700000000"'),
        ("keyid", "17"), ("nonce", '"' + "x" * 89 + '"'), ("foo", '"bar"'), ("expires", "-5"),
    ],
)  # fmt: skip
def test_parameters_that_are_not_the_profile_s(partner: Partner, name: str, value: str) -> None:
    headers = signed_with(partner, **{name: value})
    answer = partner.send("POST", ECHO, BODY, headers)
    assert code_of(answer) == (400, "GW.SIG.MALFORMED")


@pytest.mark.parametrize(
    "gone",
    ["@method", "@authority", "@path", "@query", "content-digest", "content-type", "rcb-app-id"],
)
def test_each_component_must_be_signed(partner: Partner, gone: str) -> None:
    headers = partner.headers("POST", ECHO, BODY)
    params = headers["Signature-Input"].partition("=")[2]
    fewer = params.replace(f'"{gone}" ', "", 1).replace(f' "{gone}")', ")", 1)
    assert fewer != params
    answer = partner.send("POST", ECHO, BODY, resigned(partner, headers, fewer))
    assert code_of(answer) == (401, "GW.SIG.COMPONENTS")


def test_another_order_is_refused(partner: Partner) -> None:
    headers = partner.headers("POST", ECHO, BODY)
    params = headers["Signature-Input"].partition("=")[2]
    turned = params.replace('"@method" "@authority"', '"@authority" "@method"')
    answer = partner.send("POST", ECHO, BODY, resigned(partner, headers, turned))
    assert code_of(answer) == (401, "GW.SIG.COMPONENTS")


@pytest.mark.parametrize("header", ["Idempotency-Key", "Authorization"])
def test_a_header_that_steers_the_call_must_be_signed(partner: Partner, header: str) -> None:
    headers = {**partner.headers("POST", ECHO, BODY), header: "Bearer something"}
    answer = partner.send("POST", ECHO, BODY, headers)
    assert code_of(answer) == (401, "GW.SIG.COMPONENTS")


# --- The signature and what it covers ------------------------------------------------------------
def test_a_changed_body_with_its_digest_kept(partner: Partner) -> None:
    headers = partner.headers("POST", ECHO, BODY)
    answer = partner.send("POST", ECHO, BODY.replace(b"hello", b"jello"), headers)
    assert code_of(answer) == (401, "GW.SIG.DIGEST_MISMATCH")


@pytest.mark.parametrize(
    "changed",
    [
        {"content_digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
        {"content_type": "application/json; charset=utf-8"}, {"signature": "sig1=:AAAA:"},
        {"signature": f"sig1=:{b64encode(bytes(32)).decode()}:"},
    ],
)  # fmt: skip
def test_what_was_signed_cannot_be_changed(partner: Partner, changed: dict[str, str]) -> None:
    assert code_of(send(partner, **changed)) == (401, "GW.SIG.INVALID")


def test_path_query_and_method_are_signed(partner: Partner) -> None:
    headers = partner.headers("GET", ASK, query="a=1")
    assert code_of(partner.send("GET", ASK, b"", headers, query="a=2")) == (401, "GW.SIG.INVALID")
    other = ASK.replace("some", "other")
    assert code_of(partner.send("GET", other, b"", headers, query="a=1")) == (401, "GW.SIG.INVALID")


def test_a_public_key_is_no_hmac_secret(alpha: Any) -> None:
    """RFC 9421, 7.3.6: the algorithm is the key record's, whatever the attacker computes."""
    partner = a_ready_partner(alpha, algorithm=Algorithm.P256)
    pem = Key.objects.get(key_id=partner.key_id).public_key
    partner.sign = hmac_signer(pem.encode())
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.SIG.INVALID")


@pytest.mark.parametrize("algorithm", [Algorithm.P256, Algorithm.SM2, Algorithm.ED25519])
def test_another_key_of_the_same_kind_does_not_verify(alpha: Any, algorithm: Algorithm) -> None:
    partner = a_ready_partner(alpha, algorithm=algorithm)
    partner.sign, _pem = a_key_pair(algorithm)
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.SIG.INVALID")


# --- Time ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("offset", [-301, 302, -100_000])
def test_out_of_the_window(partner: Partner, offset: int) -> None:
    partner.now = time.time() + offset
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.SIG.EXPIRED")


@pytest.mark.parametrize("offset", [-290, 290])
def test_inside_the_window(partner: Partner, offset: int) -> None:
    partner.now = time.time() + offset
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200


@pytest.mark.parametrize(("created", "expires"), [(0, 301), (0, 0), (0, -1), (-200, -1)])
def test_a_validity_that_is_none(partner: Partner, created: int, expires: int) -> None:
    now = int(time.time())
    headers = signed_with(partner, created=str(now + created), expires=str(now + expires))
    answer = partner.send("POST", ECHO, BODY, headers)
    assert code_of(answer) == (401, "GW.SIG.EXPIRED")


# --- Keys ----------------------------------------------------------------------------------------
def test_an_unknown_key(partner: Partner) -> None:
    partner.key_id = "k_sbx_aaaaaaaaaaaaaaaa"
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.KEY.UNKNOWN")


def test_the_key_of_another_client(alpha: Any, partner: Partner) -> None:
    """The client id that is sent is not the key's."""
    partner.client = a_ready_partner(alpha).client
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.KEY.UNKNOWN")


@pytest.mark.parametrize(
    ("state", "environment", "code"),
    [
        (KeyState.REVOKED, SANDBOX, "GW.KEY.REVOKED"),
        (KeyState.RETIRED, SANDBOX, "GW.KEY.EXPIRED"),
        (KeyState.REVOKED, PRODUCTION, "GW.KEY.UNKNOWN"),
        (KeyState.EXPIRED, PRODUCTION, "GW.KEY.EXPIRED"),
        (KeyState.PENDING, SANDBOX, "GW.KEY.UNKNOWN"),
    ],
)  # fmt: skip
def test_keys_that_are_over(alpha: Any, state: KeyState, environment: str, code: str) -> None:
    partner = a_ready_partner(alpha, environment=environment, algorithm=Algorithm.P256)
    Key.objects.filter(key_id=partner.key_id).update(state=state)
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, code)


@pytest.mark.parametrize("field", ["expires_at", "retires_at"])
def test_a_key_ends_by_the_clock(partner: Partner, field: str) -> None:
    Key.objects.filter(key_id=partner.key_id).update(
        **{field: timezone.now() - timedelta(seconds=1)}
    )
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.KEY.EXPIRED")


def test_a_key_being_replaced_still_holds(partner: Partner) -> None:
    Key.objects.filter(key_id=partner.key_id).update(
        state=KeyState.RETIRING, retires_at=timezone.now() + timedelta(days=1)
    )
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200


@pytest.mark.parametrize(("own", "other"), [(SANDBOX, PRODUCTION), (PRODUCTION, SANDBOX)])
def test_keys_do_not_cross_environments(alpha: Any, own: str, other: str) -> None:
    partner = a_ready_partner(alpha, environment=own, algorithm=Algorithm.P256)
    partner.environment = other
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.KEY.WRONG_ENV")


# --- Addresses -----------------------------------------------------------------------------------
def test_addresses_of_grant_and_key_both_count(alpha: Any) -> None:
    partner = a_ready_partner(alpha, addresses={"sandbox": ["203.0.113.0/24"]})
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    Key.objects.filter(key_id=partner.key_id).update(addresses=["203.0.113.9/32"])
    directory.forget_everything()
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.IP.DENIED")
    partner.address = "203.0.113.9"
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    partner.address = "198.51.100.1"
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.IP.DENIED")


def test_an_address_that_the_caller_claims_is_nothing(alpha: Any) -> None:
    partner = a_ready_partner(alpha, addresses={"sandbox": ["192.0.2.0/24"]})
    headers = partner.headers("POST", ECHO, BODY)
    headers |= {
        "X-Forwarded-For": "192.0.2.1",
        "X-Real-Ip": "192.0.2.1",
        "Forwarded": "for=192.0.2.1",
    }
    assert code_of(partner.send("POST", ECHO, BODY, headers)) == (403, "GW.IP.DENIED")


# --- Grants --------------------------------------------------------------------------------------
def test_without_a_grant_of_the_service(alpha: Any) -> None:
    partner = a_ready_partner(alpha, services=("liveness",))
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.SCOPE.DENIED")


def test_without_the_scope(alpha: Any) -> None:
    partner = a_ready_partner(alpha, scopes={"identity": ["identity.introspect"]})
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.SCOPE.DENIED")


@pytest.mark.parametrize(
    ("change", "environment", "code"),
    [
        ({"suspension": Suspension.ALL}, SANDBOX, "GW.GRANT.SUSPENDED"),
        ({"suspension": Suspension.PRODUCTION}, SANDBOX, ""),
        ({"suspension": Suspension.PRODUCTION}, PRODUCTION, "GW.GRANT.SUSPENDED"),
        ({"state": GrantState.SANDBOX_ACTIVE}, PRODUCTION, "GW.GRANT.PENDING"),
        ({"state": GrantState.PRODUCTION_PENDING}, PRODUCTION, "GW.GRANT.PENDING"),
        ({"state": GrantState.SANDBOX_ACTIVE}, SANDBOX, ""),
        ({"state": GrantState.TERMINATED}, SANDBOX, "GW.SCOPE.DENIED"),
        ({"starts_on": -9, "ends_on": -1}, SANDBOX, "GW.GRANT.EXPIRED"),
        ({"starts_on": 1}, SANDBOX, "GW.GRANT.EXPIRED"),
        ({"ends_on": 0}, SANDBOX, ""),
    ],
)  # fmt: skip
def test_grants_that_do_not_hold(
    alpha: Any, change: dict[str, Any], environment: str, code: str
) -> None:
    """Days are counted from today."""
    today = timezone.localdate()
    change = {
        name: today + timedelta(days=value) if name in ("starts_on", "ends_on") else value
        for name, value in change.items()
    }
    partner = a_ready_partner(alpha, environment=environment, algorithm=Algorithm.P256)
    Grant.objects.filter(client=partner.client).update(**change)
    answer = partner.call("POST", ECHO, {"word": "x"})
    assert (code_of(answer) == (403, code)) if code else (answer.status_code == 200)


def test_a_version_after_its_sunset(partner: Partner) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    ServiceVersion.objects.update(state=CatalogueState.DEPRECATED, sunset_on=yesterday)
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.GRANT.EXPIRED")


def test_a_closed_client(partner: Partner) -> None:
    Client.objects.filter(pk=partner.client.pk).update(state=ClientState.CLOSED)
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.SCOPE.DENIED")


def test_a_suspended_bank_s_clients_stop(alpha: Any, partner: Partner) -> None:
    type(alpha).objects.filter(pk=alpha.pk).update(status="suspended")
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.GRANT.SUSPENDED")


def test_a2_in_production_needs_an_asymmetric_key(alpha: Any) -> None:
    partner = a_ready_partner(alpha, environment=PRODUCTION)
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (403, "GW.LEVEL.INSUFFICIENT")
    reader = a_ready_partner(alpha, services=("products",), environment=PRODUCTION)
    assert reader.call("DELETE", "/gw/v1/test/some").status_code == 204


def test_a_later_key_of_another_client_changes_nothing(alpha: Any, partner: Partner) -> None:
    a_partner(a_ready_partner(alpha).client, PRODUCTION)
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200


# --- Requests ------------------------------------------------------------------------------------
def test_an_unknown_address_is_an_answer_of_the_gateway(partner: Partner) -> None:
    assert code_of(partner.get("/gw/v1/nothing/here")) == (404, "GW.RES.NOT_FOUND")
    assert code_of(partner.get("/gw/v1/test/../../etc/ask")) == (404, "GW.RES.NOT_FOUND")


def test_another_verb(partner: Partner) -> None:
    answer = partner.call("PUT", ECHO, {"word": "x"})
    assert code_of(answer) == (405, "GW.REQ.METHOD")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("verb", ["TRACE", "HEAD", "OPTIONS", "PATCH", "X"])
def test_unlisted_verbs(partner: Partner, verb: str) -> None:
    assert partner.call(verb, ECHO).status_code == 405


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data"],
)
def test_another_content_type(partner: Partner, kind: str) -> None:
    answer = partner.call("POST", ECHO, BODY, content_type=kind)
    assert code_of(answer) == (415, "GW.REQ.MEDIA")


@pytest.mark.parametrize("rest", ["; charset=UTF-8", ';charset="utf-8"', ";"])
def test_utf_8_may_be_named(partner: Partner, rest: str) -> None:
    answer = partner.call("POST", ECHO, BODY, content_type=f"application/json{rest}")
    assert answer.status_code == 200


def test_a_form_is_one_only_where_it_is_asked_for(partner: Partner) -> None:
    assert partner.form(FORM, "word=a&times=2").json()["word"] == "a"
    assert code_of(partner.form(FORM, "word=a&word=b")) == (400, "GW.REQ.MALFORMED")
    assert code_of(partner.form(FORM, "word=a&word=")) == (400, "GW.REQ.MALFORMED")
    assert code_of(partner.form(FORM, "word=a&other=")) == (400, "GW.REQ.SCHEMA")
    assert code_of(partner.form(FORM, "word=a&other=b")) == (400, "GW.REQ.SCHEMA")
    assert code_of(partner.form(ECHO, "word=a")) == (415, "GW.REQ.MEDIA")


def test_a_body_above_a_mebibyte(partner: Partner) -> None:
    answer = partner.call("POST", ECHO, {"word": "x" * 2**20})
    assert code_of(answer) == (413, "GW.REQ.TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{", "GW.REQ.MALFORMED", None), (b'{"word": "\xff"}', "GW.REQ.MALFORMED", None),
        (b"[" * 100_000, "GW.REQ.MALFORMED", None), (b'{"word": 1}', "GW.REQ.SCHEMA", "/word"),
        (b'{"word": "a", "admin": true}', "GW.REQ.SCHEMA", ""), (b"{}", "GW.REQ.SCHEMA", ""),
        (b'{"word": "aaaaaaaaaaaaaaaaaaaaa"}', "GW.REQ.SCHEMA", "/word"),
        (b'{"word": "a", "times": 1e999}', "GW.REQ.SCHEMA", None),
    ],
)  # fmt: skip
def test_bodies_that_do_not_fit(partner: Partner, body: bytes, code: str, pointer: str) -> None:
    before = Counter.calls
    answer = partner.call("POST", ECHO, body)
    assert answer.status_code == 400
    assert answer.json()["code"] in {code, "GW.REQ.SCHEMA" if b"[[" in body else code}
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert Counter.calls == before


def test_a_query_that_names_one_thing_twice(partner: Partner) -> None:
    assert code_of(partner.get(ASK, query="a=1&a=2")) == (400, "GW.REQ.MALFORMED")


def test_an_error_of_ours_tells_nothing_of_its_cause(
    partner: Partner, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openapi_gateway.calls import Call, Operation, Reply

    def fail(_call: Call) -> Reply:
        raise RuntimeError("the cause stays here")

    served(Operation("test.fail", "GET", "/gw/v1/test/fail", fail, "fails", service="identity"))
    answer = partner.get("/gw/v1/test/fail")
    assert code_of(answer) == (500, "GW.SERVER.ERROR")
    assert b"cause" not in answer.content


def test_the_gateway_s_addresses_are_not_a_bank_s(partner: Partner, client: Any) -> None:
    assert client.get("/gw/v1/test/open", headers={"host": "alpha.localhost"}).status_code == 404
    assert client.get("/gw/v1/test/open", headers={"host": "console.localhost"}).status_code == 404
    assert client.get("/gw/v1/test/open", headers={"host": "open.localhost"}).status_code == 200


def test_whoever_is_refused_again_and_again_waits(partner: Partner) -> None:
    partner.sign = hmac_signer(b"wrong")
    for _number in range(abuse.MOST_REFUSED):
        partner.call("POST", ECHO, {"word": "x"})
    answer = partner.call("POST", ECHO, {"word": "x"})
    assert code_of(answer) == (429, "GW.LIMIT.ABUSE")
    assert int(answer.headers["Retry-After"]) > 0
    partner.address = "203.0.113.8"
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.SIG.INVALID")


def test_the_language_of_the_words_is_the_reader_s(partner: Partner) -> None:
    headers = {**partner.headers("POST", ECHO, BODY), "Accept-Language": "en-GB"}
    headers["Signature"] = "sig1=:AAAA:"
    answer = partner.send("POST", ECHO, BODY, headers)
    assert answer.json()["title"] == "The signature does not verify."
