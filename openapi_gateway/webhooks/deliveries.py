"""Announcements become deliveries, exactly once; deliveries are attempted, by one process at a
time, until they are taken or given up.

Locks: announcements by primary key, skipping those that another process has; then nothing: an
attempt is claimed by a conditional UPDATE, and no lock is held while the partner is called.
"""

from __future__ import annotations

import json
import time
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from openapi_gateway.credentials.choices import ClientState
from openapi_gateway.outbox.models import Announcement
from openapi_gateway.webhooks import guard, retrying, sending, signing
from openapi_gateway.webhooks.choices import DeliveryState, EndpointState, Outcome
from openapi_gateway.webhooks.models import Attempt, Delivery, Endpoint
from tenants.search_path import on_public

BATCH = 200
AGENT = "Fuxiang-Webhooks/1"
GONE = "410 Gone"


def take_up(*, at: datetime) -> int:
    """How many announcements were turned into deliveries; those of nobody's address are just
    marked."""
    with on_public(), transaction.atomic():
        waiting = Announcement.objects.filter(taken_at__isnull=True).order_by("pk")
        rows = list(waiting.select_for_update(skip_locked=True)[:BATCH])
        made = [delivery for row in rows for delivery in _deliveries(row, at)]
        Delivery.objects.bulk_create(made, ignore_conflicts=True)
        Announcement.objects.filter(pk__in=[row.pk for row in rows]).update(taken_at=at)
    return len(rows)


def _deliveries(row: Announcement, at: datetime) -> list[Delivery]:
    endpoints = Endpoint.objects.filter(
        client__app_id=row.app_id, environment=row.environment, state=EndpointState.ACTIVE
    ).order_by("pk")
    body = body_of(row.kind, row.app_id, row.environment, row.data, row.created_at)
    return [
        Delivery(
            announcement=row, endpoint=endpoint, kind=row.kind, body=body, next_at=at,
            created_at=at,
        )
        for endpoint in endpoints
        if _wants(endpoint, row)
    ]  # fmt: skip


def _wants(endpoint: Endpoint, row: Announcement) -> bool:
    """An address that was named for this event alone gets it even if it wants no others."""
    return not endpoint.kinds or row.kind in endpoint.kinds or endpoint.url == row.callback_url


def body_of(kind: str, app_id: str, environment: str, data: object, at: datetime) -> str:
    document = {
        "type": kind, "timestamp": at.isoformat(), "app_id": app_id, "environment": environment,
        "data": data,
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def due(at: datetime) -> list[int]:
    with on_public():
        rows = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=at)
        return list(rows.order_by("next_at", "pk").values_list("pk", flat=True)[:BATCH])


def attempt(delivery_id: int, *, at: datetime | None = None) -> Outcome | None:
    """None = nothing to do: delivered, not due, or under way elsewhere."""
    at = at or timezone.now()
    with on_public():
        claimed = _claim(delivery_id, at)
        if claimed is None:
            return None
        delivery, number = claimed
        if not is_wanted(delivery.endpoint):
            _finish(delivery, number, DeliveryState.CANCELLED, at)
            return None
        result = _send(delivery, at)
        _settle(delivery, number, result, at)
        return result.outcome


def _claim(delivery_id: int, at: datetime) -> tuple[Delivery, int] | None:
    """The attempt is written before it is made: a process that dies leaves its trace, and the next
    one follows when the lease is over."""
    with transaction.atomic():
        mine = Delivery.objects.filter(
            pk=delivery_id, state=DeliveryState.WAITING, next_at__lte=at
        ).update(attempts_made=F("attempts_made") + 1, next_at=at + retrying.LEASE)
        if not mine:
            return None
        delivery = Delivery.objects.select_related("endpoint__client__bank").get(pk=delivery_id)
        Attempt.objects.create(delivery=delivery, number=delivery.attempts_made, at=at)
        return delivery, delivery.attempts_made


def is_wanted(endpoint: Endpoint) -> bool:
    """Still switched on, and still among the addresses of a grant."""
    is_open = endpoint.client.state == ClientState.ACTIVE
    return is_open and endpoint.state == EndpointState.ACTIVE and is_granted(endpoint)


def is_granted(endpoint: Endpoint) -> bool:
    if guard.is_local_trial(endpoint.url, endpoint.environment):
        return True
    return endpoint.url in granted_urls(endpoint.client_id, endpoint.environment)


def granted_urls(client_id: int, environment: str) -> list[str]:
    grants = Grant.objects.filter(client_id=client_id).exclude(
        state__in=(GrantState.TERMINATED, GrantState.EXPIRED)
    )
    found = [
        url for each in grants.order_by("pk") for url in each.callback_urls.get(environment, [])
    ]
    return list(dict.fromkeys(found))


def _send(delivery: Delivery, at: datetime) -> sending.Result:
    endpoint, body = delivery.endpoint, delivery.body.encode()
    now = int(at.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": str(delivery),
        "webhook-timestamp": str(now),
        "webhook-signature": signing.signature(
            signing.secrets_of(endpoint, time.time()), str(delivery), now, body
        ),
    }
    return sending.post(endpoint.url, endpoint.environment, headers, body)


def _settle(delivery: Delivery, number: int, result: sending.Result, at: datetime) -> None:
    done = timezone.now()
    with transaction.atomic():
        Attempt.objects.filter(delivery=delivery, number=number).update(
            outcome=result.outcome, status=result.status, milliseconds=result.milliseconds
        )
        if result.outcome is Outcome.DELIVERED:
            _close(delivery, DeliveryState.DELIVERED, done)
        elif result.outcome is Outcome.GONE:
            _close(delivery, DeliveryState.FAILED, done)
            Endpoint.objects.filter(pk=delivery.endpoint_id, state=EndpointState.ACTIVE).update(
                state=EndpointState.DISABLED, disabled_reason=GONE
            )
        elif (following := retrying.next_attempt(number, max(at, done))) is not None:
            _mine(delivery, number).update(next_at=following)
        else:
            _close(delivery, DeliveryState.FAILED, done)


def _finish(delivery: Delivery, number: int, state: DeliveryState, at: datetime) -> None:
    with transaction.atomic():
        Attempt.objects.filter(delivery=delivery, number=number).delete()
        _mine(delivery, number).update(
            state=state, finished_at=at, attempts_made=F("attempts_made") - 1
        )


def _close(delivery: Delivery, state: DeliveryState, at: datetime) -> None:
    """Also when a slow attempt ends after its lease: what the partner has taken is taken."""
    waiting = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING)
    waiting.update(state=state, finished_at=at)


def _mine(delivery: Delivery, number: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        Q(pk=delivery.pk), state=DeliveryState.WAITING, attempts_made=number
    )
