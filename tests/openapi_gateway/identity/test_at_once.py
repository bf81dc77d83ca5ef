"""One-use and limits with calls that really run at once, and with another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.models import Consent
from openapi_gateway.access.models import Application, Grant, GrantedService
from openapi_gateway.base_services.identity import tickets
from openapi_gateway.base_services.identity.errors import TooManyTickets
from openapi_gateway.base_services.identity.models import Subject, Ticket, TicketRate, Token
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.models import KeptAnswer
from tenants.models import Bank
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.identity.people import (
    CONSENTS,
    EXCHANGE,
    INTROSPECT,
    LOGIN,
    REVOKE,
    TICKETS,
    App,
    introspect,
)
from tests.openapi_gateway.making import Partner, a_ready_partner

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50
LEFT = (
    KeptAnswer, Token, Ticket, TicketRate, Subject, GrantedService, Grant, Application, Key, Client,
)  # fmt: skip
Call = Callable[[], Any]


@pytest.fixture
def bank() -> Iterator[Bank]:
    with racing_bank() as made:
        yield made
        # What refers to the bank goes before it.
        for model in LEFT:
            rows = model._base_manager.all()
            rows._raw_delete(rows.db)


@pytest.fixture
def partner(bank: Bank) -> Partner:
    return a_ready_partner(bank)


def app() -> App:
    return App("racing")


def exchanging(partner: Partner, body: dict[str, Any], key: str = "") -> Call:
    return lambda: replace(partner, browser=Browser()).post(EXCHANGE, body, key=key)


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_of_fifty_exchanges_at_once_one_wins_and_the_others_end_its_token(
    bank: Bank, partner: Partner
) -> None:
    """Nobody can tell the second holder of a ticket from a thief: all but the first are replays."""
    body = app().ticket(partner).body()

    answers = at_once(bank, *[exchanging(partner, body) for _each in range(MANY)])

    assert statuses(answers) == {200: 1, 410: MANY - 1}
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert Token.objects.count() == 1
    assert introspect(partner, won.json()["access_token"]) == {"active": False}
    assert Token.objects.get().revocation_reason == "replayed"


def test_fifty_times_the_same_call_is_one_exchange_whose_token_lives(
    bank: Bank, partner: Partner
) -> None:
    body = app().ticket(partner).body()

    answers = at_once(bank, *[exchanging(partner, body, "same-key") for _each in range(MANY)])

    found = statuses(answers)
    assert set(found) <= {200, 409}
    assert found[200] >= 1
    tokens = {answer.json()["access_token"] for answer in answers if answer.status_code == 200}
    assert len(tokens) == Token.objects.count() == 1
    assert introspect(partner, tokens.pop())["active"] is True


def test_of_fifty_tickets_at_once_twenty_are_issued(bank: Bank, partner: Partner) -> None:
    at = timezone.now()
    wish = tickets.Wish(
        app_id=partner.app_id, environment="sandbox", scopes=LOGIN, code_challenge="c" * 43,
        device="device-0001", consent_id=None, auth_time=at, amr=(),
    )  # fmt: skip

    def issue(number: int) -> Call:
        return lambda: tickets.issue_ticket(
            bank=bank, customer_number="C1", wish=wish, key=f"k{number}", at=at
        )

    answers = at_once(bank, *[issue(number) for number in range(MANY)])

    refused = [answer for answer in answers if isinstance(answer, TooManyTickets)]
    issued = {answer.ticket for answer in answers if isinstance(answer, tickets.Issued)}
    assert (len(issued), len(refused)) == (tickets.PER_MINUTE, MANY - tickets.PER_MINUTE)
    assert Ticket.objects.count() == tickets.PER_MINUTE
    assert TicketRate.objects.get().count == tickets.PER_MINUTE


def test_the_same_wish_at_once_is_one_ticket(bank: Bank, partner: Partner) -> None:
    wish = app().wish(partner)

    answers = at_once(
        bank, *[lambda: app().send(TICKETS, wish, key="same") for _each in range(MANY)]
    )

    assert statuses(answers) == {201: MANY}
    assert len({answer.json()["ticket"] for answer in answers}) == 1
    assert (Ticket.objects.count(), TicketRate.objects.get().count) == (1, 1)


def test_the_same_consent_at_once_is_one_consent(bank: Bank, partner: Partner) -> None:
    body = app().consenting(partner)

    answers = at_once(
        bank, *[lambda: app().send(CONSENTS, body, key="same") for _each in range(MANY)]
    )

    assert len({answer.json()["consent_id"] for answer in answers}) == 1
    assert Counter("Idempotency-Replayed" in answer for answer in answers)[False] == 1
    with tenant_context(bank):
        assert Consent.objects.count() == 1


def test_fifty_first_meetings_at_once_give_one_openid(bank: Bank, partner: Partner) -> None:
    bodies = [App("racing", "C9").ticket(partner).body() for _each in range(tickets.PER_MINUTE)]
    answers = at_once(bank, *[exchanging(partner, body) for body in bodies])

    assert statuses(answers) == {200: len(bodies)}
    assert len({answer.json()["openid"] for answer in answers}) == 1
    assert Subject.objects.count() == 1


# --- Another process -----------------------------------------------------------------------------
OTHER = """
import json, os, sys
import django
django.setup()
from django.conf import settings
settings.CHANGE_READER = "sync"
from django.test import Client
for line in sys.stdin:
    path, body, headers = json.loads(line)
    kind = headers.pop("Content-Type")
    answer = Client().generic("POST", path, body.encode(), content_type=kind, headers=headers)
    print(answer.content.decode(), flush=True)
"""


@pytest.fixture
def other_process(bank: Bank) -> Iterator[Callable[[Partner, str], Any]]:
    url = urlsplit(os.environ["DATABASE_URL"])
    env = {
        **os.environ,
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", OTHER], env=env, cwd=settings.BASE_DIR, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        send, told = process.stdin, process.stdout

        def ask(partner: Partner, token: str) -> Any:
            body, kind = f"token={token}", "application/x-www-form-urlencoded"
            headers = partner.headers("POST", INTROSPECT, body.encode(), content_type=kind)
            send.write(json.dumps([INTROSPECT, body, headers]) + "\n")
            send.flush()
            return json.loads(told.readline())

        yield ask
        send.close()


def test_a_revoked_token_is_inactive_at_once_in_another_process(
    partner: Partner, other_process: Callable[[Partner, str], Any]
) -> None:
    for _each in range(5):
        token = app().session(partner)["access_token"]
        assert other_process(partner, token)["active"] is True
        partner.form(REVOKE, f"token={token}")
        assert other_process(partner, token) == {"active": False}
