from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway import answers


@shared_task(name="openapi_gateway.tasks.purge_answers")
def purge_answers() -> int:
    return answers.purge(timezone.now())
