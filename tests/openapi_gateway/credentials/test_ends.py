from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import ending, possession, services
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.errors import KeyConflict
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.tasks import follow_ends
from openapi_gateway.outbox.models import Announcement
from tenants.models import SchemaVersion
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.making import a_client, a_key_pair

AT = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def told() -> list[tuple[int, str]]:
    rows = Announcement.objects.filter(kind="key.expiring").order_by("pk")
    return [(row.data["days"], row.data["reason"]) for row in rows]


def test_partners_are_reminded_four_times_and_each_time_once(
    client_of_alpha: Client, maker: Any
) -> None:
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox", days=90, at=AT)

    for hours in range(0, 90 * 24, 6):
        ending.remind_of_ends(at=AT + timedelta(hours=hours))
        ending.remind_of_ends(at=AT + timedelta(hours=hours))

    assert told() == [(30, "expires"), (14, "expires"), (7, "expires"), (1, "expires")]
    row = Announcement.objects.first()
    assert row is not None
    assert (row.app_id, row.environment) == (client_of_alpha.app_id, "sandbox")
    assert AuditEvent.objects.filter(event="gateway.key_reminded").count() == 4


def test_after_a_long_pause_one_reminder_says_what_is_true_now(
    client_of_alpha: Client, maker: Any
) -> None:
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox", days=90, at=AT)

    ending.remind_of_ends(at=AT + 85 * DAY)

    assert told() == [(7, "expires")]


@pytest.mark.parametrize(("days", "expected"), [(30, [14, 7, 1]), (5, [1]), (1, [])])
def test_a_short_lived_key_is_not_reminded_of_what_its_maker_just_chose(
    client_of_alpha: Client, maker: Any, days: int, expected: list[int]
) -> None:
    services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", days=days, at=AT
    )

    for hours in range(0, days * 24, 3):
        ending.remind_of_ends(at=AT + timedelta(hours=hours))

    assert [each for each, _reason in told()] == expected


def test_the_end_of_an_overlap_is_reminded_of(client_of_alpha: Client, maker: Any) -> None:
    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", at=AT
    )
    services.replace_secret(actor=maker, key=key, at=AT + DAY)

    for day in range(1, 9):
        ending.remind_of_ends(at=AT + day * DAY)

    assert told() == [(1, "replaced")]


def test_the_clock_refuses_and_the_task_only_tidies(client_of_alpha: Client, maker: Any) -> None:
    key, _secret = services.make_secret(
        actor=maker, client=client_of_alpha, environment="sandbox", days=10, at=AT
    )
    over = AT + 10 * DAY

    assert Key.objects.usable(over - timedelta(seconds=1)).filter(pk=key.pk).exists()
    assert not Key.objects.usable(over).filter(pk=key.pk).exists()
    assert key.standing(over) == KeyState.EXPIRED
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE
    before = SchemaVersion.objects.get(schema_name="gateway:clients").version

    assert ending.tidy_keys(at=over) == 1
    assert ending.tidy_keys(at=over) == 0

    key.refresh_from_db()
    assert key.state == KeyState.EXPIRED
    assert SchemaVersion.objects.get(schema_name="gateway:clients").version == before + 1
    assert AuditEvent.objects.filter(event="gateway.key_ended").count() == 1


def test_the_task_runs_on_public_twice_without_harm(client_of_alpha: Client, maker: Any) -> None:
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox", days=10, at=AT)

    assert follow_ends()["ended"] + follow_ends()["ended"] == 1


@pytest.mark.django_db(transaction=True)
def test_at_once_a_pair_a_slot_and_a_reminder_go_to_one() -> None:
    with racing_bank() as bank:
        _one_reminder(bank)
        _one_replacement(bank)
        _one_owner_of_a_pair(bank)
        _one_name(bank)
        Key.objects.update(replaces=None)
        for model in (Announcement, Key, Client):
            model.objects.all().delete()


def _person(bank: Any, name: str) -> Any:
    with tenant_context(bank):
        return make_operator(name, "maker")


def _one_reminder(bank: Any) -> None:
    actor = _person(bank, "reminder")
    for _each in range(5):
        services.make_secret(
            actor=actor, client=a_client(bank), environment="sandbox", days=90, at=AT
        )

    sent = at_once(bank, *[lambda: ending.remind_of_ends(at=AT + 80 * DAY)] * 6)

    assert sum(sent) == 5
    assert Announcement.objects.filter(kind="key.expiring").count() == 5


def _one_replacement(bank: Any) -> None:
    actor = _person(bank, "replacer")
    client = a_client(bank)
    key, _secret = services.make_secret(actor=actor, client=client, environment="sandbox")

    results = at_once(bank, *[lambda: services.replace_secret(actor=actor, key=key)] * 6)

    assert sum(isinstance(each, tuple) for each in results) == 1
    assert sum(isinstance(each, KeyConflict) for each in results) == 5
    states = sorted(client.keys.values_list("state", flat=True))
    assert states == [KeyState.ACTIVE, KeyState.RETIRING]


def _one_owner_of_a_pair(bank: Any) -> None:
    actor = _person(bank, "owner")
    sign, pem = a_key_pair(Algorithm.SM2)
    waiting = [
        services.upload_key(actor=actor, client=a_client(bank), environment="sandbox", pem=pem)
        for _each in range(5)
    ]

    def prove(key: Key) -> Any:
        proof = sign(possession.message_of(key).encode())
        return lambda: services.prove_possession(actor=actor, key=key, signature=proof)

    results = at_once(bank, *[prove(key) for key in waiting])

    assert sum(isinstance(each, Key) for each in results) == 1
    assert sum(isinstance(each, KeyConflict) for each in results) == 4


def _one_name(bank: Any) -> None:
    actor = _person(bank, "namer")

    results = at_once(
        bank, *[lambda: services.register_client(actor=actor, bank=bank, name="shop")] * 5
    )

    assert sum(isinstance(each, Client) for each in results) == 1
