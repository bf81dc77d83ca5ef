"""The partner ends a session and has everything deleted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from openapi_gateway.base_services.liveness import finishing, purging
from openapi_gateway.base_services.liveness.choices import PurgeReason, SessionState
from openapi_gateway.base_services.liveness.models import LivenessSession, PurgeProof


def delete_session(session_id: str, pk: int, at: datetime) -> tuple[LivenessSession, PurgeProof]:
    """Ends it, if it has not ended; deletes what there is. Again gives the same receipt."""
    with transaction.atomic():
        rows = LivenessSession.objects.select_related("bank", "client")
        session = rows.select_for_update(of=("self",)).get(pk=pk, session_id=session_id)
        known = session.purges.filter(reason=PurgeReason.CANCELLED).first()
        if known is not None:
            return session, known
        was_open = session.is_open_at(at)
        purging.drop_captures(session, at)
        if was_open:
            session.state = SessionState.CANCELLED
        purging.forget_features(session, at)
        if was_open:
            finishing.tell(session, at)
        return session, purging.prove(session, PurgeReason.CANCELLED, at)
