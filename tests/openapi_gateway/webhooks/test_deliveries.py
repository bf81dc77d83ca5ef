from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.access.choices import GrantState
from openapi_gateway.credentials.models import Client
from openapi_gateway.outbox.models import Announcement
from openapi_gateway.outbox.services import announce
from openapi_gateway.webhooks import deliveries, retrying, services, signing, tasks
from openapi_gateway.webhooks.choices import DeliveryState, EndpointState, Outcome
from openapi_gateway.webhooks.errors import WebhookRefused
from openapi_gateway.webhooks.models import Attempt, Delivery, Endpoint
from openapi_gateway.webhooks.sending import Result
from operators.errors import NotAllowed
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.making import a_client, a_grant
from tests.openapi_gateway.webhooks.partner import PartnerServer, partner_server, status

URL = "https://hooks.partner.example.com/callback"


@pytest.fixture(autouse=True)
def _here(settings: Any) -> None:
    settings.LOCAL = settings.WEBHOOK_LOCAL = True


@pytest.fixture
def partner() -> Iterator[PartnerServer]:
    with partner_server() as found:
        yield found


@pytest.fixture
def endpoint(client_of_alpha: Client, maker: Any, partner: PartnerServer) -> Endpoint:
    return an_endpoint(maker, client_of_alpha, partner.url)[0]


def an_endpoint(actor: Any, client: Client, url: str, **more: Any) -> tuple[Endpoint, str]:
    return services.add_endpoint(actor=actor, client=client, environment="sandbox", url=url, **more)


def told(client: Client, kind: str = "key.expiring", **more: Any) -> Announcement:
    return announce(
        kind, bank=client.bank, app_id=client.app_id, environment="sandbox", data={"days": 7},
        **more,
    )  # fmt: skip


def deliver_all() -> list[Outcome | None]:
    deliveries.take_up(at=timezone.now())
    return [deliveries.attempt(each) for each in deliveries.due(timezone.now())]


# --- signing --------------------------------------------------------------------------------------
def test_the_published_example_of_standard_webhooks_signs_as_published() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    signed = signing.signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_callback_is_signed_with_the_secret_that_was_shown(
    client_of_alpha: Client, maker: Any, partner: PartnerServer
) -> None:
    _endpoint, secret = an_endpoint(maker, client_of_alpha, partner.url)
    told(client_of_alpha)

    assert deliver_all() == [Outcome.DELIVERED]

    headers, body = partner.received[0]
    assert is_signed(secret, headers, body)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    document = json.loads(body)
    assert document["type"] == "key.expiring"
    assert document["data"] == {"days": 7}
    assert document["app_id"] == client_of_alpha.app_id


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a partner checks it."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return f"v1,{right}" in headers["webhook-signature"].split(" ")


def test_for_a_day_both_secrets_sign(
    client_of_alpha: Client, maker: Any, partner: PartnerServer
) -> None:
    endpoint, old = an_endpoint(maker, client_of_alpha, partner.url)
    _endpoint, new = services.roll_secret(actor=maker, endpoint=endpoint)
    told(client_of_alpha)
    deliver_all()
    Endpoint.objects.update(old_secret_until=timezone.now())
    told(client_of_alpha)
    deliver_all()

    first, second = partner.received
    assert is_signed(old, *first)
    assert is_signed(new, *first)
    assert not is_signed(old, *second)
    assert is_signed(new, *second)


def test_a_secret_is_sealed_and_in_no_audit_event(
    client_of_alpha: Client, maker: Any, partner: PartnerServer
) -> None:
    endpoint, secret = an_endpoint(maker, client_of_alpha, partner.url)

    row = Endpoint.objects.get(pk=endpoint.pk)
    assert secret.encode() not in bytes(row.secret)
    assert signing.secrets_of(row, time.time()) == [secret]
    written = json.dumps(list(AuditEvent.objects.values("before", "after")), default=str)
    assert secret[8:30] not in written


# --- taking up and delivering ---------------------------------------------------------------------
def test_what_was_announced_is_delivered_once_however_often_the_task_runs(
    endpoint: Endpoint, partner: PartnerServer, client_of_alpha: Client
) -> None:
    told(client_of_alpha)

    outcomes = [outcome for _each in range(3) for outcome in deliver_all()]

    assert outcomes == [Outcome.DELIVERED]
    assert len(partner.received) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts_made) == (DeliveryState.DELIVERED, 1)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.status) == (Outcome.DELIVERED, 200)


def test_only_those_who_asked_hear_of_it(
    client_of_alpha: Client, bank: Any, maker: Any, partner: PartnerServer
) -> None:
    chosen, _secret = an_endpoint(maker, client_of_alpha, partner.url, kinds=["liveness.finished"])
    other = a_client(bank)
    an_endpoint(maker, other, partner.url)
    for kind in ("key.expiring", "liveness.finished"):
        told(client_of_alpha, kind)
    announce(
        "key.expiring", bank=bank, app_id=client_of_alpha.app_id, environment="production", data={}
    )
    deliver_all()

    assert list(Delivery.objects.values_list("endpoint", "kind")) == [
        (chosen.pk, "liveness.finished")
    ]
    assert not Announcement.objects.filter(taken_at=None).exists()


def test_an_address_named_for_one_event_gets_it(
    client_of_alpha: Client, maker: Any, partner: PartnerServer
) -> None:
    an_endpoint(maker, client_of_alpha, partner.url, kinds=["grant.changed"])
    told(client_of_alpha, "liveness.finished", callback_url=partner.url)

    assert deliver_all() == [Outcome.DELIVERED]


def test_a_refused_callback_comes_again_by_the_table_and_then_never(
    client_of_alpha: Client, maker: Any
) -> None:
    with partner_server(status(500)) as partner:
        an_endpoint(maker, client_of_alpha, partner.url)
        told(client_of_alpha)
        deliveries.take_up(at=timezone.now())
        waits = []
        for _each in range(12):
            delivery = Delivery.objects.get()
            if delivery.state != DeliveryState.WAITING:
                break
            waits.append((delivery.next_at - timezone.now()).total_seconds())
            Delivery.objects.update(next_at=timezone.now())
            deliveries.attempt(delivery.pk)

    table = [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert len(waits) == len(table)
    for wait, delay in zip(waits, table, strict=True):
        assert delay * 0.99 - 2 <= wait <= delay * 1.21
    assert delivery.state == DeliveryState.FAILED
    ids = {headers["webhook-id"] for headers, _body in partner.received}
    assert (len(partner.received), len(ids)) == (10, 1)
    assert Attempt.objects.filter(outcome=Outcome.REFUSED, status=500).count() == 10


def test_nothing_is_sent_before_it_is_due(endpoint: Endpoint, client_of_alpha: Client) -> None:
    told(client_of_alpha)
    deliveries.take_up(at=timezone.now())
    Delivery.objects.update(next_at=timezone.now() + timedelta(minutes=5))

    assert deliveries.due(timezone.now()) == []
    assert deliveries.attempt(Delivery.objects.get().pk) is None


def test_gone_disables_the_address_and_drops_what_waits(
    client_of_alpha: Client, maker: Any
) -> None:
    with partner_server(status(410)) as partner:
        endpoint, _secret = an_endpoint(maker, client_of_alpha, partner.url)
        told(client_of_alpha)
        told(client_of_alpha)

        assert deliver_all() == [Outcome.GONE, None]

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_reason) == (EndpointState.DISABLED, "410 Gone")
    states = Delivery.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [DeliveryState.FAILED, DeliveryState.CANCELLED]
    assert len(partner.received) == 1
    told(client_of_alpha)
    assert deliver_all() == []


def test_an_attempt_that_died_is_made_again_after_its_lease(
    endpoint: Endpoint, client_of_alpha: Client, partner: PartnerServer
) -> None:
    told(client_of_alpha)
    now = timezone.now()
    deliveries.take_up(at=now)
    delivery = Delivery.objects.get()
    assert deliveries._claim(delivery.pk, now) is not None  # and the process dies here

    assert deliveries.attempt(delivery.pk, at=now) is None
    assert deliveries.attempt(delivery.pk, at=now + retrying.LEASE) is Outcome.DELIVERED

    outcomes = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == [Outcome.UNKNOWN, Outcome.DELIVERED]


def test_what_the_partner_has_taken_after_a_lease_is_taken(
    endpoint: Endpoint, client_of_alpha: Client
) -> None:
    told(client_of_alpha)
    now = timezone.now()
    deliveries.take_up(at=now)
    delivery, number = deliveries._claim(Delivery.objects.get().pk, now) or (None, 0)
    deliveries._claim(Delivery.objects.get().pk, now + retrying.LEASE)
    assert delivery is not None

    deliveries._settle(delivery, number, Result(Outcome.DELIVERED, 200, 61_000), now)

    assert Delivery.objects.get().state == DeliveryState.DELIVERED


def test_an_address_that_no_grant_names_any_more_gets_nothing(
    client_of_alpha: Client, maker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = a_grant(client_of_alpha, ("products",), callback_urls={"sandbox": [URL]})
    an_endpoint(maker, client_of_alpha, URL)
    told(client_of_alpha)
    deliveries.take_up(at=timezone.now())
    grant.state = GrantState.TERMINATED
    grant.save()
    monkeypatch.setattr(deliveries, "_send", lambda *_a: pytest.fail("It was sent."))

    assert deliveries.attempt(Delivery.objects.get().pk) is None

    assert Delivery.objects.get().state == DeliveryState.CANCELLED
    assert Attempt.objects.count() == 0


def test_the_tasks_run_from_the_announcement_to_the_delivery(
    endpoint: Endpoint, client_of_alpha: Client, partner: PartnerServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    handed_out: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_on_commit", lambda _name, pk: handed_out.append(pk))
    told(client_of_alpha)

    assert tasks.deliver_waiting() == 1
    assert [tasks.deliver_one(pk) for pk in handed_out * 2] == ["delivered", ""]
    assert len(partner.received) == 1


@pytest.mark.django_db(transaction=True)
def test_many_deliverers_at_once_deliver_each_callback_once() -> None:
    with racing_bank() as bank, partner_server() as partner:
        actor = make_operator("hooks", "maker")
        client = a_client(bank)
        an_endpoint(actor, client, partner.url)
        for _each in range(20):
            told(client)

        taken = at_once(bank, *[lambda: deliveries.take_up(at=timezone.now())] * 4)
        assert sum(taken) == 20
        assert Delivery.objects.count() == 20
        results = at_once(bank, *[_attempt_all] * 4)

        assert sum(results) == 20
        ids = [headers["webhook-id"] for headers, _body in partner.received]
        assert (len(ids), len(set(ids))) == (20, 20)
        _clear()


def _attempt_all() -> int:
    found = deliveries.due(timezone.now())
    return sum(deliveries.attempt(each) is Outcome.DELIVERED for each in found)


def _clear() -> None:
    for model in (Attempt, Delivery, Endpoint, Announcement, Client):
        model.objects.all().delete()


# --- the verbs ------------------------------------------------------------------------------------
def test_only_addresses_of_the_grants_are_taken(client_of_alpha: Client, maker: Any) -> None:
    with pytest.raises(WebhookRefused, match="No grant"):
        an_endpoint(maker, client_of_alpha, URL)
    a_grant(client_of_alpha, ("products",), callback_urls={"sandbox": [URL]})

    an_endpoint(maker, client_of_alpha, URL)
    with pytest.raises(WebhookRefused, match="already"):
        an_endpoint(maker, client_of_alpha, URL)
    with pytest.raises(WebhookRefused, match="No grant"):
        services.add_endpoint(
            actor=maker, client=client_of_alpha, environment="production", url=URL
        )
    with pytest.raises(WebhookRefused):
        an_endpoint(maker, client_of_alpha, "https://10.0.0.1/")


def test_a_test_and_a_second_sending_are_new_messages(
    endpoint: Endpoint, maker: Any, partner: PartnerServer
) -> None:
    first = services.send_test(actor=maker, endpoint=endpoint)
    with pytest.raises(WebhookRefused, match="still"):
        services.send_again(actor=maker, delivery=first)
    deliver_all()
    first.refresh_from_db()
    again = services.send_again(actor=maker, delivery=first)
    with pytest.raises(WebhookRefused, match="still"):
        services.send_again(actor=maker, delivery=first)
    deliver_all()

    ids = [headers["webhook-id"] for headers, _body in partner.received]
    assert ids == [str(first), str(again)]
    assert partner.received[0][1] == partner.received[1][1]
    assert again.again_id == first.pk


def test_disabling_and_enabling(
    endpoint: Endpoint, maker: Any, client_of_alpha: Client, partner: PartnerServer
) -> None:
    services.disable_endpoint(actor=maker, endpoint=endpoint, reason="maintenance")
    told(client_of_alpha)
    assert deliver_all() == []
    with pytest.raises(WebhookRefused, match="disabled"):
        services.send_test(actor=maker, endpoint=endpoint)
    with pytest.raises(WebhookRefused, match="already"):
        services.disable_endpoint(actor=maker, endpoint=endpoint, reason="x")

    services.enable_endpoint(actor=maker, endpoint=endpoint)
    told(client_of_alpha)
    assert deliver_all() == [Outcome.DELIVERED]


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", True), ("operator", True), ("technical_reviewer", True),
     ("compliance_reviewer", False), ("auditor", False)],
)  # fmt: skip
def test_the_platform_s_guards_send_again_and_keep_no_addresses(
    endpoint: Endpoint, maker: Any, role: str, may: bool
) -> None:
    delivery = services.send_test(actor=maker, endpoint=endpoint)
    deliver_all()
    delivery.refresh_from_db()

    with tenant_context(PLATFORM):
        person = make_operator(f"hooks-{role}", role)
        for forbidden in (
            lambda: services.send_test(actor=person, endpoint=endpoint),
            lambda: services.roll_secret(actor=person, endpoint=endpoint),
            lambda: services.disable_endpoint(actor=person, endpoint=endpoint, reason="x"),
        ):
            with pytest.raises(NotAllowed):
                forbidden()
        if may:
            services.send_again(actor=person, delivery=delivery)
            return
        with pytest.raises(NotAllowed):
            services.send_again(actor=person, delivery=delivery)


def test_another_bank_touches_nothing(
    endpoint: Endpoint, maker: Any, beta: Any, client_of_alpha: Client
) -> None:
    delivery = services.send_test(actor=maker, endpoint=endpoint)
    Delivery.objects.update(state=DeliveryState.FAILED)
    delivery.refresh_from_db()

    with tenant_context(beta):
        stranger = make_operator("stranger", "administrator")
        for forbidden in (
            lambda: an_endpoint(stranger, client_of_alpha, "http://127.0.0.1:1/"),
            lambda: services.send_test(actor=stranger, endpoint=endpoint),
            lambda: services.roll_secret(actor=stranger, endpoint=endpoint),
            lambda: services.choose_kinds(actor=stranger, endpoint=endpoint, kinds=[]),
            lambda: services.disable_endpoint(actor=stranger, endpoint=endpoint, reason="x"),
            lambda: services.enable_endpoint(actor=stranger, endpoint=endpoint),
            lambda: services.send_again(actor=stranger, delivery=delivery),
        ):
            with pytest.raises(NotAllowed):
                forbidden()


def test_unknown_events_are_refused(endpoint: Endpoint, maker: Any) -> None:
    with pytest.raises(WebhookRefused, match="No event"):
        services.choose_kinds(actor=maker, endpoint=endpoint, kinds=["everything"])
