from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.access import grants
from openapi_gateway.access.expiry import expire_idle


@shared_task(name="openapi_gateway.access.tasks.expire_applications")
def expire_applications() -> int:
    """Applications that nobody touched for a month; how many. Public, for the whole province."""
    return expire_idle(timezone.now())


@shared_task(name="openapi_gateway.access.tasks.expire_grants")
def expire_grants() -> int:
    """Tells of grants whose last day has passed; that they ended, each call sees by itself."""
    return grants.expire_grants(timezone.now())
