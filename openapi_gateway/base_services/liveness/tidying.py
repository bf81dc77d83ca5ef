"""By the clock, every half minute: what was left lying by processes that died, and what has ended
without anybody saying so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from openapi_gateway.base_services.liveness import (
    discarding,
    errors,
    finishing,
    judging,
    metering,
    purging,
    step_ups,
)
from openapi_gateway.base_services.liveness.capturing import PROCESS, waiting_captures
from openapi_gateway.base_services.liveness.choices import CaptureState, PurgeReason
from openapi_gateway.base_services.liveness.models import Capture, LivenessSession
from tenants.tasks_api import enqueue_on_commit

UNTOUCHED = timedelta(seconds=20)
AT_ONCE = 500


def tidy(at: datetime) -> int:
    """How many sessions the clock has ended."""
    for capture in waiting_captures(at - UNTOUCHED):
        _recover(capture, at)
    ended = [pk for pk in _overdue(at) if _end(pk, at)]
    metering.meter_left_over(at - UNTOUCHED)
    step_ups.settle_left_over(at)
    discarding.discard_left_over(at - UNTOUCHED)
    purging.retire(at)
    return len(ended)


def _recover(capture: Capture, at: datetime) -> None:
    if capture.state == CaptureState.WAITING:
        with transaction.atomic():
            enqueue_on_commit(PROCESS, str(capture.uid))
        return
    if capture.lease_until is None or capture.lease_until > at:
        return
    if capture.engine_ref:
        judging.collect_answer(capture.uid)
    else:
        # It never reached the engine.
        judging.give_back(capture, errors.CAPTURE_LOST, at)


def _overdue(at: datetime) -> list[int]:
    rows = LivenessSession.objects.overdue(at).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


def _end(pk: int, at: datetime) -> bool:
    with transaction.atomic():
        rows = LivenessSession.objects.select_related("bank", "client")
        session = rows.select_for_update(of=("self",)).get(pk=pk)
        if session.announced_at is not None or session.is_open_at(at):
            return False
        purging.drop_captures(session, at)
        if session.captures.exists():
            purging.prove(session, PurgeReason.EXPIRED, at)
        finishing.tell(session, at)
        return True
