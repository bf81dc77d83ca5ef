from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from openapi_gateway.base_services.keyboard.attempts import SHANGHAI
from openapi_gateway.base_services.keyboard.models import PinAttempts, PinSession

# What was called is in the call log for longer; these rows only serve questions of partners.
KEPT = timedelta(days=30)


@shared_task(name="openapi_gateway.base_services.keyboard.tasks.purge_sessions")
def purge_sessions() -> int:
    now = timezone.now()
    PinAttempts.objects.filter(day__lt=(now - KEPT).astimezone(SHANGHAI).date()).delete()
    return PinSession.objects.filter(created_at__lt=now - KEPT).delete()[0]
