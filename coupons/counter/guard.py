"""Look-ups at the counter, each a try that is claimed before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.errors import LookupsPaused, UnknownCoupon
from coupons.models import LookupGuard
from coupons.models.counter import MISSES, PAUSE

if TYPE_CHECKING:
    from coupons.models.counter import GuardQuerySet
    from operators.models import Operator


@contextmanager
def counted_look_up(actor: Operator, at: datetime) -> Iterator[None]:
    """What raises ``UnknownCoupon`` inside counts as a miss, everything else does not."""
    guard: GuardQuerySet = LookupGuard.objects.filter(pk=actor.pk)
    if not guard.claim_miss(at) and not _first(actor, guard, at):
        raise _paused(guard)
    try:
        yield
    except UnknownCoupon:
        _record_pause(actor, guard, at)
        raise
    except Exception:
        guard.give_back()
        raise
    guard.give_back()


def _first(actor: Operator, guard: GuardQuerySet, at: datetime) -> bool:
    """Whether there was no row yet, and the try is claimed now."""
    row = LookupGuard(operator_id=actor.pk, window_from=at)
    LookupGuard.objects.bulk_create([row], ignore_conflicts=True)
    return guard.claim_miss(at)


def _record_pause(actor: Operator, guard: GuardQuerySet, at: datetime) -> None:
    """By one of the tries, however many found nothing at once."""
    with transaction.atomic():
        if guard.claim_notice(at):
            minutes = int(PAUSE.total_seconds()) // 60
            record(
                events.LOOKUPS_PAUSED, actor=actor, target=actor, branch=actor.branch, at=at,
                after={"misses": MISSES, "minutes": minutes},
            )  # fmt: skip


def _paused(guard: GuardQuerySet) -> LookupsPaused:
    until = guard.values_list("locked_until", flat=True).first()
    clock = date_format(timezone.localtime(until), "H:i") if until else ""
    return LookupsPaused(
        _("Too many look-ups found nothing. You can look coupons up again at %(time)s.")
        % {"time": clock}
    )
