from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.webhooks import deliveries, retention
from tenants.tasks_api import enqueue_on_commit

DELIVER_ONE = "openapi_gateway.webhooks.tasks.deliver_one"


@shared_task(name="openapi_gateway.webhooks.tasks.deliver_waiting")
def deliver_waiting() -> int:
    """Takes up what was announced and hands out what is due, each callback to a task of its own: a
    partner that does not answer keeps no other one waiting."""
    while deliveries.take_up(at=timezone.now()) == deliveries.BATCH:
        pass
    found = deliveries.due(timezone.now())
    for delivery_id in found:
        enqueue_on_commit(DELIVER_ONE, delivery_id)
    return len(found)


@shared_task(name="openapi_gateway.webhooks.tasks.deliver_one")
def deliver_one(delivery_id: int) -> str:
    """Safe to be handed out twice: one of them finds nothing to do."""
    outcome = deliveries.attempt(delivery_id)
    return str(outcome) if outcome else ""


@shared_task(name="openapi_gateway.webhooks.tasks.purge_callbacks")
def purge_callbacks() -> int:
    return retention.purge(timezone.now())
