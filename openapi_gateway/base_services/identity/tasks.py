from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.base_services.identity import retention


@shared_task(name="openapi_gateway.base_services.identity.tasks.purge_identity")
def purge_identity() -> int:
    return retention.purge(timezone.now())
