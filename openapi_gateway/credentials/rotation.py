"""Changing the key that signs the platform's answers: announced first, then for a growing share of
the answers. Forward step by step, or back to nothing; a key that has retired never returns.

Locks: all rows of platform keys, by primary key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.access.people import require_platform
from openapi_gateway.credentials import events
from openapi_gateway.credentials.errors import RotationRefused
from openapi_gateway.credentials.models import PlatformKey
from openapi_gateway.credentials.platform_ring import FULL, STEPS, ring_changed
from openapi_gateway.credentials.rules import clean_reason
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

ROTATE = "gateway_credentials.rotate_platformkey"
# As long as partners may keep the list that they fetched.
LIST_VALID_FOR = timedelta(hours=1)


@transaction.atomic
def announce_platform_key(
    *, actor: Operator, key_id: str, at: datetime | None = None
) -> PlatformKey:
    """Shown to partners from now on; it signs nothing yet."""
    rows = _locked(actor)
    at = at or timezone.now()
    if key_id not in settings.GATEWAY_SIGNING_KEYS:
        raise RotationRefused(
            _("GATEWAY_SIGNING_KEYS holds no key of this id. Add it on every server first.")
        )
    if key_id in rows:
        raise RotationRefused(_("This key has been announced already."))
    if _candidate(rows) is not None:
        raise RotationRefused(_("Another key is on its way. Finish or retire it first."))
    _require_current(rows, key_id, at)
    row = PlatformKey.objects.create(key_id=key_id, announced_at=at)
    return _written(events.PLATFORM_KEY_ANNOUNCED, actor, row)


@transaction.atomic
def raise_share(
    *, actor: Operator, key_id: str, share_now: int, at: datetime | None = None
) -> PlatformKey:
    """One step on. ``share_now`` is what the operator saw: two clicks make one step."""
    row = _coming(_locked(actor), key_id)
    at = at or timezone.now()
    if row.share != share_now:
        raise RotationRefused(_("The share has changed meanwhile. Look again."))
    if row.share == FULL:
        raise RotationRefused(_("It signs every answer already. Let it take over for good."))
    if row.share == 0 and at < row.announced_at + LIST_VALID_FOR:
        raise RotationRefused(
            _(
                "Partners keep the list of keys for an hour. Wait until all have fetched it: %(at)s"
                " at the earliest."
            )
            % {"at": timezone.localtime(row.announced_at + LIST_VALID_FOR).strftime("%H:%M")}
        )
    row.share = STEPS[STEPS.index(row.share) + 1]
    row.save(update_fields=["share"])
    return _written(events.PLATFORM_KEY_SHARE_RAISED, actor, row, before={"share": share_now})


@transaction.atomic
def abort_rotation(*, actor: Operator, key_id: str, reason: str) -> PlatformKey:
    """Every answer is signed with the current key again; the new one stays announced."""
    row = _coming(_locked(actor), key_id)
    if not row.share:
        raise RotationRefused(_("It signs nothing yet: there is nothing to abort."))
    before = {"share": row.share}
    row.share = 0
    row.save(update_fields=["share"])
    return _written(
        events.PLATFORM_KEY_ABORTED, actor, row, before=before, reason=clean_reason(reason)
    )


@transaction.atomic
def take_over(*, actor: Operator, key_id: str, at: datetime | None = None) -> PlatformKey:
    """The end of a rotation: the key that was current retires. There is no way back."""
    rows, at = _locked(actor), at or timezone.now()
    row = _coming(rows, key_id)
    if row.share != FULL:
        raise RotationRefused(_("Raise its share to 100 % first."))
    for old in rows.values():
        if old.is_current:
            old.is_current, old.share, old.retired_at = False, 0, at
            old.save(update_fields=["is_current", "share", "retired_at"])
    row.is_current = True
    row.save(update_fields=["is_current"])
    return _written(events.PLATFORM_KEY_TOOK_OVER, actor, row)


@transaction.atomic
def retire_platform_key(
    *, actor: Operator, key_id: str, reason: str, at: datetime | None = None
) -> PlatformKey:
    """Of a key that was announced and shall not be used after all."""
    row = _coming(_locked(actor), key_id)
    if row.share:
        raise RotationRefused(_("It signs answers. Abort the change first."))
    row.retired_at = at or timezone.now()
    row.save(update_fields=["retired_at"])
    return _written(events.PLATFORM_KEY_RETIRED, actor, row, reason=clean_reason(reason))


def unannounced_ids() -> list[str]:
    """Of the ring: what could be announced."""
    known = set(PlatformKey.objects.values_list("key_id", flat=True))
    first = () if known else tuple(settings.GATEWAY_SIGNING_KEYS)[:1]
    return [each for each in settings.GATEWAY_SIGNING_KEYS if each not in {*known, *first}]


def _locked(actor: Operator) -> dict[str, PlatformKey]:
    require(actor, ROTATE)
    require_platform()
    rows = PlatformKey.objects.select_for_update().order_by("pk")
    return {row.key_id: row for row in rows}


def _candidate(rows: dict[str, PlatformKey]) -> PlatformKey | None:
    return next(
        (row for row in rows.values() if not row.is_current and row.retired_at is None), None
    )


def _coming(rows: dict[str, PlatformKey], key_id: str) -> PlatformKey:
    row = rows.get(key_id)
    if row is None or row.is_current or row.retired_at is not None:
        raise RotationRefused(_("This key is not on its way."))
    return row


def _require_current(rows: dict[str, PlatformKey], key_id: str, at: datetime) -> None:
    """Before the first rotation the ring's first key signs without a row."""
    if any(row.is_current for row in rows.values()):
        return
    first = next(iter(settings.GATEWAY_SIGNING_KEYS))
    if first == key_id:
        raise RotationRefused(_("This key signs already: it is the first of the ring."))
    PlatformKey.objects.create(key_id=first, announced_at=at, share=FULL, is_current=True)


def _written(event: str, actor: Operator, row: PlatformKey, **told: Any) -> PlatformKey:
    after = {"share": row.share, "is_current": row.is_current, "retired_at": row.retired_at}
    record(event, actor=actor, target=row, after=after, **told)
    ring_changed()
    return row
