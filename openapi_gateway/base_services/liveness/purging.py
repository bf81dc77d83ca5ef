"""What is deleted, when, and the proof of it."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Sum

from openapi_gateway.base_services.liveness import media
from openapi_gateway.base_services.liveness.choices import (
    OPEN,
    CaptureState,
    PurgeReason,
)
from openapi_gateway.base_services.liveness.models import Capture, LivenessSession, PurgeProof
from tenants.tasks_api import enqueue_on_commit

DISCARD = "openapi_gateway.base_services.liveness.tasks.discard_capture"
# As long as the call log: who asks for evidence later than that finds that there was a session.
EVIDENCE = timedelta(days=183)
_UNJUDGED = [CaptureState.WAITING, CaptureState.SUBMITTED]


def prove(session: LivenessSession, reason: PurgeReason, at: datetime) -> PurgeProof:
    """Of a session whose captures are gone. The caller holds its row."""
    captures = list(session.captures.order_by("pk").values_list("sha256", flat=True))
    size = session.captures.aggregate(total=Sum("size"))["total"] or 0
    told = {
        "session": session.session_id, "reason": reason.value, "at": at.isoformat(),
        "captures": captures,
    }  # fmt: skip
    digest = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return PurgeProof.objects.create(
        session=session, reason=reason, captures=len(captures), size=size, at=at, digest=digest
    )


def receipt_of(proof: PurgeProof) -> str:
    digest = b64encode(bytes.fromhex(proof.digest)).decode()
    return f'id="{proof.uid}", sha-256=:{digest}:, at="{proof.at.isoformat()}"'


def drop_captures(session: LivenessSession, at: datetime) -> None:
    """Unjudged ones: their bytes, and the keys that could open them. The caller holds the row."""
    rows = Capture.objects.filter(session=session, state__in=_UNJUDGED)
    uids = list(rows.values_list("uid", flat=True))
    rows.update(state=CaptureState.SETTLED, media=None, settled_at=at, lease_until=None)
    for uid in uids:
        enqueue_on_commit(DISCARD, str(uid))
    transaction.on_commit(lambda: media.shred(*uids))


def forget_features(session: LivenessSession, at: datetime) -> None:
    """What was measured of a face, and where else it is known. The outcome stays."""
    session.score = session.similarity = session.compare_ref = None
    session.vendor_ref = session.result_jti = session.openid = ""
    session.purged_at = at
    session.save()


def retire(at: datetime, limit: int = 500) -> int:
    """Scores and references whose time as evidence is over."""
    rows = LivenessSession.objects.filter(
        purged_at__isnull=True, completed_at__lt=at - EVIDENCE
    ).exclude(state__in=OPEN)
    for pk in rows.order_by("pk").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            session = LivenessSession.objects.select_for_update().get(pk=pk)
            if session.purged_at is None:
                forget_features(session, at)
                prove(session, PurgeReason.RETIRED, at)
    return rows.count()
