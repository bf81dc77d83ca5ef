from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from openapi_gateway.base_services.identity import records, tokens
from openapi_gateway.base_services.identity.models import Token
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.models import Key
from openapi_gateway.errors import GatewayRefused
from tests.openapi_gateway.identity.people import (
    ALL,
    EXCHANGE,
    INTROSPECT,
    REVOKE,
    App,
    NoScript,
    introspect,
)
from tests.openapi_gateway.making import PRODUCTION, Partner, a_partner, a_ready_partner

INACTIVE = {"active": False}


@pytest.fixture
def store() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(configured.REDIS_URL) as found:
        yield found


@pytest.fixture
def token(partner: Partner) -> str:
    return str(App().session(partner, ALL)["access_token"])


def name(token: str) -> str:
    return records.name_of(records.digest_of(token))


def test_a_live_token_tells_all_that_rfc_7662_and_we_promise(partner: Partner, token: str) -> None:
    row = Token.objects.get()
    assert introspect(partner, token) == {
        "active": True,
        "scope": " ".join(ALL),
        "client_id": partner.app_id,
        "sub": row.openid,
        "aud": partner.app_id,
        "iss": "http://sandbox.open.localhost",
        "exp": int(row.expires_at.timestamp()),
        "iat": int(row.issued_at.timestamp()),
        "acr": "loa1",
        "amr": [],
        "auth_time": int(row.auth_time.timestamp()),
        "cnf": {"keyid": partner.key_id},
    }


def test_unknown_expired_revoked_and_foreign_tokens_look_the_same(
    partner: Partner, token: str, alpha: Any, beta: Any
) -> None:
    strangers = [
        a_ready_partner(alpha),
        a_ready_partner(beta),
        a_partner(partner.client, PRODUCTION, Algorithm.P256),
    ]
    answers = [stranger.form(INTROSPECT, f"token={token}") for stranger in strangers]
    answers += [
        partner.form(INTROSPECT, f"token={each}") for each in ("x" * 43, "%E4%BD%A0", "%00")
    ]
    expired, revoked = App().session(partner), App().session(partner)
    _end(expired["access_token"])
    partner.form(REVOKE, f"token={revoked['access_token']}")
    answers += [
        partner.form(INTROSPECT, f"token={each['access_token']}") for each in (expired, revoked)
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {
        (200, b'{"active":false}')
    }
    assert introspect(partner, token)["active"] is True


def _end(token: str) -> None:
    """As if its time were over, in PostgreSQL and in Redis."""
    past = timezone.now() - timedelta(seconds=1)
    digest = records.digest_of(token)
    Token.objects.filter(digest=digest).update(expires_at=past)
    with redis.Redis.from_url(configured.REDIS_URL) as store:
        store.delete(name(token))


def test_a_record_in_redis_does_not_outlive_its_token(partner: Partner, token: str) -> None:
    row = Token.objects.get()
    found = records._encoded(row)
    digest = records.digest_of(token)
    assert records.read(found, digest, row.expires_at - timedelta(microseconds=1)) is not None
    assert records.read(found, digest, row.expires_at) is None


def test_a_key_that_replaces_the_other_still_introspects_the_client_s_tokens(
    partner: Partner, token: str
) -> None:
    Key.objects.filter(key_id=partner.key_id).update(state="retiring")
    second = a_partner(partner.client)
    assert introspect(second, token)["active"] is True


def test_while_redis_holds_the_record_no_statement_is_asked(partner: Partner, token: str) -> None:
    introspect(partner, token)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert introspect(partner, token)["active"] is True
    mine = [each["sql"] for each in queries if "gateway_identity" in each["sql"]]
    assert mine == []


def test_a_record_that_redis_lost_is_made_anew_with_one_statement(
    partner: Partner, token: str, store: redis.Redis
) -> None:
    introspect(partner, token)
    store.delete(name(token))
    with CaptureQueriesContext(connection) as queries:
        assert introspect(partner, token)["active"] is True
    assert len([each for each in queries if "gateway_identity" in each["sql"]]) == 1
    assert 0 < store.ttl(name(token)) <= records.KEPT_SECONDS


def test_an_unknown_token_costs_one_statement_a_minute(
    partner: Partner, store: redis.Redis
) -> None:
    introspect(partner, "unknown-token")
    with CaptureQueriesContext(connection) as queries:
        introspect(partner, "unknown-token")
    assert [each for each in queries if "gateway_identity" in each["sql"]] == []
    store.delete(name("unknown-token"))


@pytest.mark.parametrize(
    "body",
    [
        "token={}", "token={}&token_type_hint=access_token",
        "token_type_hint=access_token&token={}",
    ],
)  # fmt: skip
def test_the_form_may_be_written_in_any_way(partner: Partner, token: str, body: str) -> None:
    spelled = "".join(f"%{ord(each):02X}" for each in token)
    for text in (token, spelled):
        answer = partner.form(INTROSPECT, body.format(text))
        assert answer.json()["active"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("token_type_hint=x", "GW.REQ.SCHEMA"),
        ("token=", "GW.REQ.SCHEMA"),
        ("token=a&more=b", "GW.REQ.SCHEMA"),
        ("token=a&token=b", "GW.REQ.MALFORMED"),
        ("token=" + "a" * 129, "GW.REQ.SCHEMA"),
    ],
)
def test_a_form_that_does_not_fit_is_refused(partner: Partner, body: str, code: str) -> None:
    answer = partner.form(INTROSPECT, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_introspection_needs_its_scope(alpha: Any) -> None:
    without = a_ready_partner(alpha, scopes={"identity": ["identity.login"]})
    answer = without.form(INTROSPECT, "token=x")
    assert (answer.status_code, answer.json()["code"]) == (403, "GW.SCOPE.DENIED")


# --- Revocation ----------------------------------------------------------------------------------
def test_a_revoked_token_is_inactive_at_once_and_a_tombstone_says_so(
    partner: Partner, token: str, store: redis.Redis
) -> None:
    introspect(partner, token)
    answer = partner.form(REVOKE, f"token={token}&token_type_hint=access_token")

    assert (answer.status_code, answer.content) == (200, b"{}")
    assert store.get(name(token)) == records.TOMBSTONE
    assert store.ttl(name(token)) > 7200
    assert introspect(partner, token) == INACTIVE
    assert Token.objects.get().revocation_reason == "client"


def test_the_database_alone_knows_that_a_token_is_revoked(
    partner: Partner, token: str, store: redis.Redis
) -> None:
    partner.form(REVOKE, f"token={token}")
    store.delete(name(token))
    assert introspect(partner, token) == INACTIVE


def test_revoking_twice_or_nothing_is_answered_alike(partner: Partner, token: str) -> None:
    answers = [partner.form(REVOKE, f"token={each}") for each in (token, token, "unknown")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"{}")}


def test_a_foreign_token_is_not_touched(
    partner: Partner, token: str, alpha: Any, beta: Any
) -> None:
    strangers = [
        a_ready_partner(alpha),
        a_ready_partner(beta),
        a_partner(partner.client, PRODUCTION, Algorithm.P256),
    ]
    for stranger in strangers:
        assert stranger.form(REVOKE, f"token={token}").status_code == 200
    assert introspect(partner, token)["active"] is True


def test_without_redis_nothing_is_revoked_and_the_partner_hears_it(
    partner: Partner, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_BURY", NoScript())

    answer = partner.form(REVOKE, f"token={token}")

    assert (answer.status_code, answer.json()["code"]) == (503, "GW.DEP.UNAVAILABLE")
    assert Token.objects.get().revoked_at is None
    assert introspect(partner, token)["active"] is True


def test_without_redis_a_replay_is_refused_as_unavailable_not_half_done(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = App().ticket(partner)
    token = partner.post(EXCHANGE, ticket.body()).json()["access_token"]
    with monkeypatch.context() as patched:
        patched.setattr(records, "_BURY", NoScript())
        assert partner.post(EXCHANGE, ticket.body()).status_code == 503
    assert introspect(partner, token)["active"] is True
    assert partner.post(EXCHANGE, ticket.body()).status_code == 410
    assert introspect(partner, token) == INACTIVE


def test_a_record_is_never_written_over_a_tombstone(
    partner: Partner, token: str, store: redis.Redis
) -> None:
    """Somebody read the row before it was revoked, and writes what they read afterwards."""
    row = Token.objects.get()
    tokens.revoke_tokens([row], "test", timezone.now())

    records.warm(row, timezone.now())
    records.renew(row, timezone.now())

    assert store.get(name(token)) == records.TOMBSTONE


def test_who_read_before_a_revocation_answers_by_the_tombstone(
    partner: Partner, token: str, store: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, encode = records.digest_of(token), records._encoded
    store.delete(name(token))

    def revoked_meanwhile(row: Token) -> bytes:
        store.set(name(token), records.TOMBSTONE)
        return encode(row)

    monkeypatch.setattr(records, "_encoded", revoked_meanwhile)
    assert records.read(None, digest, timezone.now()) is None


def test_a_failed_commit_leaves_a_token_dead_rather_than_alive(
    partner: Partner, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tombstone comes first: whoever crashes in between has revoked."""
    row = Token.objects.get()

    def crash(*_arguments: Any, **_more: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(type(Token.objects.all()), "update", crash)
    with pytest.raises(RuntimeError):
        tokens.revoke_tokens([row], "test", timezone.now())
    assert introspect(partner, token) == INACTIVE


def test_bury_refuses_without_redis(partner: Partner, token: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(records, "_BURY", NoScript())
    with pytest.raises(GatewayRefused):
        tokens.revoke_tokens([Token.objects.get()], "test", timezone.now())
    assert tokens.revoke_tokens([], "test", timezone.now()) == 0
