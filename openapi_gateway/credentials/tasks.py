from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.credentials import ending


@shared_task(name="openapi_gateway.credentials.tasks.follow_ends")
def follow_ends() -> dict[str, int]:
    """Reminds partners of keys that end soon, and closes those that have ended. On public."""
    now = timezone.now()
    return {"reminded": ending.remind_of_ends(at=now), "ended": ending.tidy_keys(at=now)}
