"""What the clock does to keys. They are refused by the clock itself, in every process; here the
states follow, and partners are told in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django_tenants.utils import tenant_context

from audit.services import record
from openapi_gateway.changes import client_changed
from openapi_gateway.credentials import events
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key
from openapi_gateway.credentials.rules import REMINDER_DAYS
from openapi_gateway.outbox.services import announce

EXPIRING = "key.expiring"


def end_key(key: Key, at: datetime) -> bool:
    """In the caller's transaction. False when somebody else did it meanwhile."""
    state = key.standing(at)
    if not Key.objects.filter(pk=key.pk, state=key.state).update(state=state):
        return False
    record(
        events.KEY_ENDED, actor=None, target=key, at=at, before={"state": str(key.state)},
        after={"key_id": key.key_id, "state": str(state)},
    )  # fmt: skip
    key.state = state
    return True


def tidy_keys(*, at: datetime) -> int:
    """How many states followed the clock."""
    ended = Key.objects.ended(at).select_related("client__bank").order_by("client_id", "pk")
    return sum(_tidy(key, at) for key in ended)


def _tidy(key: Key, at: datetime) -> bool:
    with tenant_context(key.client.bank), transaction.atomic():
        done = end_key(key, at)
        if done:
            client_changed(key.client.app_id)
        return done


def remind_of_ends(*, at: datetime) -> int:
    """How many reminders went out: each of a key's, once, however many runs there are at once."""
    soon = at + timedelta(days=REMINDER_DAYS[0])
    ending = Key.objects.usable(at).filter(Q(expires_at__lte=soon) | Q(retires_at__lte=soon))
    keys = ending.select_related("client__bank").order_by("pk")
    return sum(_remind(key, at) for key in keys)


def _remind(key: Key, at: datetime) -> bool:
    left = key.ends_at - at
    due = [days for days in REMINDER_DAYS if left <= timedelta(days=days)]
    if not due or due[-1] in key.reminded:
        return False
    with tenant_context(key.client.bank), transaction.atomic():
        # Who comes second waits here, and then finds another list.
        unchanged = Key.objects.filter(pk=key.pk, state=key.state, reminded=key.reminded)
        if not unchanged.update(reminded=due):
            return False
        _tell(key, due[-1], at)
    return True


def _tell(key: Key, days: int, at: datetime) -> None:
    data = {
        "key_id": key.key_id,
        "algorithm": str(key.algorithm),
        "fingerprint": key.fingerprint,
        "ends_at": key.ends_at.isoformat(),
        "days": days,
        "reason": "replaced" if key.state == KeyState.RETIRING else "expires",
    }
    announce(
        EXPIRING, bank=key.client.bank, app_id=key.client.app_id, environment=key.environment,
        data=data, at=at,
    )  # fmt: skip
    record(events.KEY_REMINDED, actor=None, target=key, at=at, after={"days": days})
