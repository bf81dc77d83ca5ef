from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from openapi_gateway.access.choices import GrantState
from openapi_gateway.base_services.identity import tickets
from openapi_gateway.base_services.identity.models import Ticket
from openapi_gateway.base_services.identity.records import digest_of
from tests.openapi_gateway.identity.people import ALL, EXCHANGE, TICKETS, App
from tests.openapi_gateway.making import (
    PRODUCTION,
    SANDBOX,
    Partner,
    a_client,
    a_grant,
    a_partner,
    a_ready_partner,
)


def test_a_ticket_is_256_bits_for_60_seconds_and_nowhere_in_the_database(partner: Partner) -> None:
    answer = App().send(TICKETS, App().wish(partner))

    assert answer.status_code == 201
    ticket = answer.json()["ticket"]
    row = Ticket.objects.get()
    assert len(ticket) == 43
    assert row.digest == digest_of(ticket)
    assert row.expires_at - row.issued_at == timedelta(seconds=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM public.gateway_identity_ticket AS t")
        assert ticket not in cursor.fetchone()[0]
    assert "device-0001" not in str(row.__dict__)
    assert answer["Cache-Control"] == "private, no-store"


def test_the_same_key_gives_the_same_ticket(partner: Partner) -> None:
    app = App()
    first, second = (app.send(TICKETS, app.wish(partner), key="k1") for _ in range(2))

    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Ticket.objects.count() == 1
    other = app.send(TICKETS, app.wish(partner, "w" * 43), key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_of_another_customer_gives_another_ticket(partner: Partner) -> None:
    answers = [
        App(number=number).send(TICKETS, App().wish(partner), key="k1") for number in ("C1", "C2")
    ]
    assert len({answer.json()["ticket"] for answer in answers}) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge": "short"}, "code_challenge"),
        ({"code_challenge": "+" * 43}, "code_challenge"),
        ({"code_challenge": "x" * 43 + "\n"}, "code_challenge"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["identity.login", "identity.login"]}, "scopes"),
        ({"device": "short"}, "device"),
        ({"environment": "test"}, "environment"),
        ({"consent_id": "7"}, "consent_id"),
        ({"customer": "C2"}, "customer"),
    ],
)
def test_what_is_no_wish_for_a_ticket_is_refused_by_name(
    partner: Partner, change: dict[str, Any], named: str
) -> None:
    answer = App().send(TICKETS, App().wish(partner, **change))
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_the_challenge_must_be_there(partner: Partner) -> None:
    wish = App().wish(partner)
    del wish["code_challenge"]
    answer = App().send(TICKETS, wish)
    assert (answer.status_code, "code_challenge" in answer.json()["detail"]) == (400, True)


def test_only_customers_take_tickets(partner: Partner) -> None:
    for app in (App(number=None), App(number=None, system="core")):
        assert app.send(TICKETS, app.wish(partner)).status_code == 403


def test_a_partner_of_another_bank_or_without_a_grant_is_unknown(alpha: Any, beta: Any) -> None:
    others = [
        a_ready_partner(beta),
        a_partner(a_client(alpha)),
        a_ready_partner(alpha, ("liveness",)),
        a_ready_partner(alpha, state=GrantState.TERMINATED),
    ]
    for other in others:
        answer = App().send(TICKETS, App().wish(other))
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_partner")
    assert Ticket.objects.count() == 0


def test_production_tickets_need_a_grant_with_production(alpha: Any) -> None:
    client = a_client(alpha)
    a_grant(client, state=GrantState.SANDBOX_ACTIVE)
    partner = a_partner(client)

    answers = {
        place: App().send(TICKETS, App().wish(partner, environment=place)).status_code
        for place in (SANDBOX, PRODUCTION)
    }
    assert answers == {SANDBOX: 201, PRODUCTION: 404}


def test_scopes_beyond_the_grant_are_refused(alpha: Any) -> None:
    partner = a_ready_partner(alpha, scopes={"identity": ["identity.login"]})
    for scope in ("identity.phone", "identity.introspect", "liveness.check", "everything"):
        answer = App().send(TICKETS, App().wish(partner, scopes=["identity.login", scope]))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_granted")


def test_scopes_that_are_no_person_s_are_refused_though_granted(partner: Partner) -> None:
    for scope in ("identity.introspect", "identity.step_up"):
        assert App().send(TICKETS, App().wish(partner, scopes=[scope])).status_code == 403


@pytest.mark.parametrize("scope", ["identity.profile", "identity.phone", "identity.unionid"])
def test_personal_scopes_need_a_consent(partner: Partner, scope: str) -> None:
    app = App()
    refused = app.send(TICKETS, app.wish(partner, scopes=[scope]))
    granted = app.send(TICKETS, app.wish(partner, scopes=[scope], consent_id=app.consent(partner)))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_needed")
    assert granted.status_code == 201


def test_a_consent_of_anything_else_does_not_do(partner: Partner, alpha: Any) -> None:
    app, other = App(), a_ready_partner(alpha)
    withdrawn = app.consent(partner)
    app.withdraw(withdrawn)
    wrong = {
        "login": app.consent(partner, "login"),
        "another partner's": app.consent(other),
        "another customer's": App(number="C2").consent(partner),
        "withdrawn": withdrawn,
        "liveness": app.consent(partner, "liveness"),
    }
    codes = {
        name: app.send(TICKETS, app.wish(partner, scopes=ALL, consent_id=consent)).status_code
        for name, consent in wrong.items()
    }
    assert codes == dict.fromkeys(wrong, 403)


def test_a_consent_to_sign_in_is_enough_for_the_unionid(partner: Partner) -> None:
    app = App()
    consent = app.consent(partner, "login")
    wish = app.wish(partner, scopes=["identity.login", "identity.unionid"], consent_id=consent)
    assert app.send(TICKETS, wish).status_code == 201


def test_a_customer_takes_so_many_tickets_in_a_minute(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "PER_MINUTE", 0)
    answer = App().send(TICKETS, App().wish(partner))
    assert answer.status_code == 201  # the first of a minute always lands

    refused = App().send(TICKETS, App().wish(partner))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tickets")
    assert App(number="C2").send(TICKETS, App().wish(partner)).status_code == 201
    assert Ticket.objects.filter(customer_number="C1").count() == 1


def test_how_and_when_the_customer_signed_in_comes_from_the_app_s_identity(
    partner: Partner,
) -> None:
    app = App(auth_time=1_760_000_000, amr=["pwd", "fpt", "magic"])
    session = partner.post(EXCHANGE, app.ticket(partner).body()).json()
    assert (session["auth_time"], session["amr"]) == (1_760_000_000, ["pwd", "fpt"])


def test_a_time_of_signing_in_that_is_still_to_come_counts_as_now(partner: Partner) -> None:
    App(auth_time=4_000_000_000).ticket(partner)
    row = Ticket.objects.get()
    assert row.auth_time == row.issued_at
