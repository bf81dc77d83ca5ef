from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from openapi_gateway.access.models import GrantedService
from openapi_gateway.base_services.identity import exchanges, subjects
from openapi_gateway.base_services.identity.choices import SubjectKind
from openapi_gateway.base_services.identity.models import Subject, Ticket, Token
from openapi_gateway.base_services.identity.records import digest_of
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.directory import client_of
from openapi_gateway.errors import GatewayRefused
from tests.openapi_gateway.identity.people import (
    ALL,
    EXCHANGE,
    LOGIN,
    App,
    introspect,
)
from tests.openapi_gateway.identity.people import Ticket as Taken
from tests.openapi_gateway.making import (
    PRODUCTION,
    Partner,
    a_partner,
    a_ready_partner,
)


def attempt(partner: Partner, taken: Taken, at: datetime) -> exchanges.Attempt:
    client = client_of(partner.app_id)
    assert client is not None
    return exchanges.Attempt(
        ticket=taken.ticket, code_verifier=taken.verifier, client=client,
        environment=partner.environment, key_id=partner.key_id, scopes=frozenset(ALL), at=at,
    )  # fmt: skip


def test_a_ticket_becomes_a_session(partner: Partner) -> None:
    app = App()
    ticket = app.ticket(partner, scopes=ALL, consent_id=app.consent(partner))

    answer = partner.post(EXCHANGE, ticket.body(client_ip="198.51.100.9"))

    assert answer.status_code == 200
    session = answer.json()
    token = Token.objects.get()
    assert session["scope"].split() == ALL
    assert 7195 <= session["expires_in"] <= 7200
    assert (session["acr"], session["session_ref"]) == ("loa1", token.session_ref)
    assert len(session["access_token"]) == 43
    assert token.digest == digest_of(session["access_token"])
    assert (token.key_id, token.client_address) == (partner.key_id, "198.51.100.9")
    assert session["openid"].startswith("o_")
    assert session["unionid"].startswith("u_")
    assert answer["Cache-Control"] == "no-store"


def test_the_unionid_comes_with_its_scope_only(partner: Partner) -> None:
    assert "unionid" not in App().session(partner)


def test_the_openid_is_another_one_at_every_client_and_the_unionid_the_bank_s(
    partner: Partner, alpha: Any, beta: Any
) -> None:
    others = [a_ready_partner(alpha), a_ready_partner(beta)]
    first, again = App().session(partner, ALL), App().session(partner, ALL)
    second, foreign = App().session(others[0], ALL), App("beta").session(others[1], ALL)

    assert first["openid"] == again["openid"]
    assert len({first["openid"], second["openid"], foreign["openid"]}) == 3
    assert first["unionid"] == second["unionid"] != foreign["unionid"]


def test_the_openid_is_the_keyed_digest_that_is_promised(partner: Partner, settings: Any) -> None:
    settings.PAIRWISE_KEYS = {"p1": bytes(32)}
    session = App().session(partner)
    text = f"{partner.app_id}\x1f{partner.client.bank.schema_name}\x1fC1"
    expected = subjects.derived(bytes(32), SubjectKind.OPENID, text)
    assert session["openid"] == expected
    assert len(expected) == 34
    # Computed apart: base32(HMAC-SHA256(32 zero bytes, "a\x1fb\x1fc"))
    known = subjects.derived(bytes(32), SubjectKind.OPENID, "a\x1fb\x1fc")
    assert known == "o_24yyrvh52eyiguksyriyxrea7hkrlnd4"


def test_identifiers_outlive_a_rotation_of_the_keys(partner: Partner, settings: Any) -> None:
    settings.PAIRWISE_KEYS = {"p1": bytes(32)}
    before = App().session(partner, ALL)
    settings.PAIRWISE_KEYS = {"p2": b"2" * 32, "p1": bytes(32)}
    after, newcomer = App().session(partner, ALL), App(number="C2").session(partner)

    assert (after["openid"], after["unionid"]) == (before["openid"], before["unionid"])
    assert Subject.objects.get(identifier=before["openid"]).key_id == "p1"
    assert Subject.objects.get(identifier=newcomer["openid"]).key_id == "p2"
    settings.PAIRWISE_KEYS = {"p2": b"2" * 32}
    assert App().session(partner)["openid"] == before["openid"]


def test_a_second_exchange_is_refused_and_ends_the_token(partner: Partner) -> None:
    ticket = App().ticket(partner)
    token = partner.post(EXCHANGE, ticket.body()).json()["access_token"]
    assert introspect(partner, token)["active"] is True

    answer = partner.post(EXCHANGE, ticket.body())

    assert (answer.status_code, answer.json()["code"]) == (410, "GW.TICKET.EXPIRED")
    assert introspect(partner, token) == {"active": False}
    assert Token.objects.get().revocation_reason == "replayed"


def test_the_same_call_again_gets_the_same_answer_and_ends_nothing(partner: Partner) -> None:
    ticket = App().ticket(partner)
    first, again = (partner.post(EXCHANGE, ticket.body(), key="k1") for _ in range(2))

    assert first.json() == again.json()
    assert introspect(partner, first.json()["access_token"])["active"] is True


def test_a_replay_with_a_wrong_verifier_proves_nothing_and_ends_nothing(partner: Partner) -> None:
    ticket = App().ticket(partner)
    token = partner.post(EXCHANGE, ticket.body()).json()["access_token"]

    answer = partner.post(EXCHANGE, replace(ticket, verifier="w" * 43).body())

    assert answer.status_code == 410
    assert introspect(partner, token)["active"] is True


def test_a_wrong_verifier_is_refused_and_three_end_the_ticket(partner: Partner) -> None:
    ticket = App().ticket(partner)
    wrong = replace(ticket, verifier="w" * 43)

    first = partner.post(EXCHANGE, wrong.body())
    assert (first.status_code, first.json()["code"]) == (422, "IDN.VERIFIER")
    assert partner.post(EXCHANGE, wrong.body()).status_code == 422
    assert partner.post(EXCHANGE, wrong.body()).status_code == 422
    assert Ticket.objects.get().state == "revoked"
    assert partner.post(EXCHANGE, ticket.body()).status_code == 410


def test_after_one_wrong_verifier_the_right_one_still_does(partner: Partner) -> None:
    ticket = App().ticket(partner)
    partner.post(EXCHANGE, replace(ticket, verifier="w" * 43).body())
    assert partner.post(EXCHANGE, ticket.body()).status_code == 200


def test_a_ticket_ends_after_exactly_60_seconds(partner: Partner) -> None:
    early, late = App().ticket(partner), App().ticket(partner)
    rows = {row.digest: row for row in Ticket.objects.all()}
    edge = timedelta(seconds=60)

    at = rows[digest_of(early.ticket)].issued_at + edge - timedelta(microseconds=1)
    assert exchanges.exchange(attempt(partner, early, at)).access_token
    at = rows[digest_of(late.ticket)].issued_at + edge
    with pytest.raises(GatewayRefused, check=lambda error: error.http_status == 410):
        exchanges.exchange(attempt(partner, late, at))


def test_a_token_lives_two_hours_at_most(partner: Partner) -> None:
    ticket = App().ticket(partner)
    at = Ticket.objects.get().issued_at
    token = exchanges.exchange(attempt(partner, ticket, at)).token
    assert token.expires_at - token.issued_at <= timedelta(seconds=7200)


def test_another_client_s_or_environment_s_ticket_is_not_found_and_stays_good(
    partner: Partner, alpha: Any, beta: Any
) -> None:
    ticket = App().ticket(partner)
    strangers = [
        a_ready_partner(beta),
        a_ready_partner(alpha),
        a_partner(partner.client, PRODUCTION, algorithm=Algorithm.P256),
    ]
    for stranger in strangers:
        answer = stranger.post(EXCHANGE, ticket.body())
        assert (answer.status_code, answer.json()["code"]) == (404, "GW.RES.NOT_FOUND")
    assert partner.post(EXCHANGE, ticket.body()).status_code == 200


def test_a_production_ticket_serves_production(partner: Partner) -> None:
    production = a_partner(partner.client, PRODUCTION, algorithm=Algorithm.P256)
    session = App().session(production)
    assert introspect(production, session["access_token"])["active"] is True
    assert introspect(partner, session["access_token"]) == {"active": False}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code_verifier": "short"}, "/code_verifier"),
        ({"code_verifier": "ü" * 43}, "/code_verifier"),
        ({"client_ip": "nowhere"}, "/client_ip"),
        ({"ticket": "x" * 65}, "/ticket"),
        ({"scope": "everything"}, ""),
    ],
)
def test_a_body_that_does_not_fit_is_refused(
    partner: Partner, change: dict[str, Any], pointer: str
) -> None:
    answer = partner.post(EXCHANGE, App().ticket(partner).body(**change))
    assert (answer.status_code, answer.json()["code"]) == (400, "GW.REQ.SCHEMA")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert Ticket.objects.get().state == "issued"


def test_an_unknown_ticket_is_not_found(partner: Partner) -> None:
    answer = partner.post(EXCHANGE, {"ticket": "x" * 43, "code_verifier": "v" * 43})
    assert answer.status_code == 404


def test_a_refusal_that_is_kept_is_in_the_language_of_its_reader(partner: Partner) -> None:
    body = json.dumps({"ticket": "x" * 43, "code_verifier": "v" * 43}).encode()
    headers = partner.headers("POST", EXCHANGE, body, idempotency_key="key-1")
    answer = partner.send("POST", EXCHANGE, body, {**headers, "Accept-Language": "en"})
    assert answer.json()["title"] == "There is nothing at this address."


def test_a_scope_that_the_grant_has_lost_meanwhile_is_not_in_the_token(partner: Partner) -> None:
    app = App()
    ticket = app.ticket(partner, scopes=ALL, consent_id=app.consent(partner))
    GrantedService.objects.filter(grant__client=partner.client).update(scopes=LOGIN)
    directory.forget_everything()

    session = partner.post(EXCHANGE, ticket.body()).json()

    assert session["scope"] == "identity.login"
    assert "unionid" not in session
