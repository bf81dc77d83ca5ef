from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.credentials.models import Client
from openapi_gateway.outbox.models import Announcement
from openapi_gateway.outbox.services import announce
from openapi_gateway.webhooks import deliveries, retention, services
from openapi_gateway.webhooks.choices import DeliveryState
from openapi_gateway.webhooks.models import Attempt, Delivery, Endpoint
from openapi_gateway.webhooks.tasks import purge_callbacks
from tenants.periodic import registered_periodics

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=401)


@pytest.fixture
def endpoint(client_of_alpha: Client, maker: Any, settings: Any) -> Endpoint:
    settings.LOCAL = settings.WEBHOOK_LOCAL = True
    settings.GATEWAY_HISTORY_DAYS = 400
    endpoint, _secret = services.add_endpoint(
        actor=maker, client=client_of_alpha, environment="sandbox", url="http://127.0.0.1:9/x"
    )
    return endpoint


def told(client: Client, at: datetime) -> Delivery:
    announce(
        "key.expiring", bank=client.bank, app_id=client.app_id, environment="sandbox", data={},
        at=at,
    )  # fmt: skip
    deliveries.take_up(at=at)
    return Delivery.objects.latest("pk")


def finished(client: Client, at: datetime, state: str = DeliveryState.FAILED) -> Delivery:
    delivery = told(client, at)
    Attempt.objects.create(delivery=delivery, number=1, at=at)
    Delivery.objects.filter(pk=delivery.pk).update(state=state, finished_at=at)
    delivery.refresh_from_db()
    return delivery


def left() -> tuple[int, int, int]:
    return Announcement.objects.count(), Delivery.objects.count(), Attempt.objects.count()


def test_old_callbacks_go_with_their_attempts_and_announcements(
    endpoint: Endpoint, client_of_alpha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    for state in (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED):
        finished(client_of_alpha, LONG_AGO, state)
    young = finished(client_of_alpha, NOW - timedelta(days=399))

    assert retention.purge(NOW) == 6
    assert left() == (1, 1, 1)
    assert Delivery.objects.get() == young
    assert retention.purge(NOW) == 0


def test_what_still_waits_stays_however_old(endpoint: Endpoint, client_of_alpha: Client) -> None:
    told(client_of_alpha, LONG_AGO)
    announce(
        "key.expiring", bank=client_of_alpha.bank, app_id=client_of_alpha.app_id,
        environment="sandbox", data={}, at=LONG_AGO,
    )  # fmt: skip

    assert retention.purge(NOW) == 0
    assert left() == (2, 1, 0)


def test_one_that_was_sent_again_goes_no_sooner_than_what_came_of_it(
    endpoint: Endpoint, client_of_alpha: Client, maker: Any
) -> None:
    first = finished(client_of_alpha, LONG_AGO)
    again = services.send_again(actor=maker, delivery=first, at=NOW)
    assert retention.purge(NOW) == 0

    Delivery.objects.filter(pk=again.pk).update(state=DeliveryState.DELIVERED, finished_at=LONG_AGO)
    assert retention.purge(NOW) == 3
    assert left() == (0, 0, 0)


def test_callbacks_of_a_year_are_kept_whatever_the_settings_say(settings: Any) -> None:
    assert settings.GATEWAY_HISTORY_DAYS >= 366


def test_the_task_runs_by_the_clock(db: Any) -> None:
    tasks = {each.task: each.every_seconds for each in registered_periodics()}
    assert tasks[purge_callbacks.name] == 86_400
    assert purge_callbacks() == 0
