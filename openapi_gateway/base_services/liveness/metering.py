"""What an engine's judgement cost, as a line of its own in the call log: the upload was answered
before anybody could know."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from redis.exceptions import RedisError

from openapi_gateway.base_services.liveness.models import Capture, LivenessSession
from openapi_gateway.metering import outcomes

logger = logging.getLogger(__name__)

OPERATION, SERVICE = "liveness.result", "liveness"
PASSED, OK = "LIVE.PASSED", "ok"


def meter_on_commit(
    capture: Capture, session: LivenessSession, code: str, billable: bool, at: datetime
) -> None:
    line = outcomes.Finished(
        request_id=f"live_{capture.uid.hex}", at_ms=round(at.timestamp() * 1000),
        bank_id=session.bank_id, app_id=session.client.app_id, key_id="",
        environment=session.environment, operation=OPERATION, service=SERVICE, status=200,
        code=OK if code in ("", PASSED) else code[:40],
        latency_us=round((at - capture.received_at).total_seconds() * 1_000_000),
        billable=billable, address="", subject=session.session_id,
    )  # fmt: skip
    transaction.on_commit(partial(_write, capture.pk, line, at))


def _write(pk: int, line: outcomes.Finished, at: datetime) -> None:
    try:
        outcomes.write([line])
    except RedisError:
        logger.warning("liveness.outcome_waits request_id=%s", line.request_id)
        return
    Capture.objects.filter(pk=pk).update(metered_at=at)


def meter_left_over(before: datetime) -> None:
    """What is billed and was never written: told again, under the same request id and moment."""
    rows = Capture.objects.filter(
        billable=True, metered_at__isnull=True, settled_at__lt=before
    ).select_related("session__client")
    for capture in rows.order_by("pk")[:500]:
        at = capture.settled_at
        assert at is not None
        with transaction.atomic():
            meter_on_commit(capture, capture.session, capture.failure_code, True, at)
