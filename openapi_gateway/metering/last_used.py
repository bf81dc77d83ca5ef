"""When a key was used last, to the minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from openapi_gateway.credentials.models import Key
from openapi_gateway.metering.wire import Finished

AT_MOST_EVERY = timedelta(minutes=1)
UNAUTHORISED = 401


def note_use(calls: Iterable[Finished]) -> int:
    """Apart from the log's transaction: whoever changes a key never waits for a batch. What names a
    key without having signed with it does not count."""
    latest: dict[str, datetime] = {}
    for call in calls:
        if call.key_id and call.bank_id and call.status != UNAUTHORISED:
            known = latest.get(call.key_id)
            if known is None or call.at > known:
                latest[call.key_id] = call.at
    return sum(_note(key_id, at) for key_id, at in sorted(latest.items()))


def _note(key_id: str, at: datetime) -> int:
    is_older = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - AT_MOST_EVERY)
    with transaction.atomic():
        return Key.objects.filter(is_older, key_id=key_id).update(last_used_at=at)
