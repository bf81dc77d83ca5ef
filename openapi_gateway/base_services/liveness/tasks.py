from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from openapi_gateway.base_services.liveness import discarding, judging, retention, tidying

NAME = "openapi_gateway.base_services.liveness.tasks"


@shared_task(name=f"{NAME}.judge_capture")
def judge_capture(uid: str) -> None:
    judging.judge_capture(uid)


@shared_task(name=f"{NAME}.collect_answer")
def collect_answer(uid: str) -> None:
    judging.collect_answer(uid)


@shared_task(name=f"{NAME}.discard_capture")
def discard_capture(uid: str) -> bool:
    return discarding.discard_capture(uid)


@shared_task(name=f"{NAME}.tidy_sessions")
def tidy_sessions() -> int:
    return tidying.tidy(timezone.now())


@shared_task(name=f"{NAME}.purge_sessions")
def purge_sessions() -> int:
    return retention.purge(timezone.now())
