"""The engine is told to delete what it holds of a capture, and asked again until it has."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from openapi_gateway.base_services.liveness.models import Capture
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream import liveness_engine

logger = logging.getLogger(__name__)

# Engines keep nothing of their own accord for longer.
TRIED_FOR = timedelta(days=1)


def discard_capture(uid: uuid.UUID | str) -> bool:
    rows = Capture.objects.filter(uid=uid, settled_at__isnull=False, discarded_at__isnull=True)
    capture = rows.exclude(engine_ref="").select_related("session").first()
    if capture is None:
        return False
    try:
        liveness_engine.discard(
            environment=capture.session.environment, engine_ref=capture.engine_ref
        )
    except GatewayRefused as refused:
        logger.warning("liveness.not_discarded capture=%s code=%s", uid, refused.problem.code)
        return False
    Capture.objects.filter(pk=capture.pk).update(discarded_at=timezone.now())
    return True


def discard_left_over(before: datetime) -> None:
    rows = Capture.objects.filter(
        settled_at__gt=before - TRIED_FOR, settled_at__lt=before, discarded_at__isnull=True
    ).exclude(engine_ref="")
    for uid in rows.order_by("pk").values_list("uid", flat=True)[:50]:
        discard_capture(uid)
