"""Stopping a grant and letting it go on. Each side has its own suspension: the platform's stays
when the bank lifts its own, and the reverse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from openapi_gateway.access import grant_events as events
from openapi_gateway.access.choices import SuspendedBy, Suspension
from openapi_gateway.access.grant_errors import GrantRefused
from openapi_gateway.access.grant_steps import (
    claim,
    facts,
    found,
    locked,
    touched,
    written,
)
from openapi_gateway.access.grants import NOT_ENDING, OPEN
from openapi_gateway.access.models import Grant
from openapi_gateway.access.people import on_platform
from operators.errors import NotAllowed

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "gateway_access.suspend_grant"
# Of two equally wide, the one that is harder to lift is shown.
_BY_WEIGHT = (SuspendedBy.PLATFORM, SuspendedBy.RISK, SuspendedBy.BANK)
_BY_WIDTH = (Suspension.ALL, Suspension.PRODUCTION)


@transaction.atomic
def suspend_grant(
    *,
    actor: Operator | None,
    grant: Grant | int,
    scope: str,
    reason: str,
    by: str = "",
    at: datetime | None = None,
) -> Grant:
    """Without an actor the risk engine does it. Saying it again with another scope changes it."""
    at = at or timezone.now()
    by = _side(actor, by)
    row = found(actor, PERMISSION, grant) if actor is not None else locked(grant)
    if scope not in (Suspension.PRODUCTION, Suspension.ALL):
        raise GrantRefused(_("Choose what is suspended: production only, or everything."))
    if not reason.strip():
        raise GrantRefused(_("Say why: the bank and the platform both read it."))
    if row.suspensions.get(by, {}).get("scope") == scope:
        raise GrantRefused(_("Your side has suspended this grant already."))
    entry = {"scope": scope, "reason": reason.strip()[:500], "at": at.isoformat()}
    entry["by"] = str(actor) if actor is not None else ""
    return _change(
        row, {**row.suspensions, by: entry}, events.SUSPENDED, actor=actor, reason=reason, at=at
    )


@transaction.atomic
def resume_grant(
    *, actor: Operator, grant: Grant | int, reason: str = "", at: datetime | None = None
) -> Grant:
    """By the side that suspended it; what the risk engine stopped, the platform lifts."""
    at = at or timezone.now()
    row = found(actor, PERMISSION, grant)
    mine = liftable_here()
    left = {side: entry for side, entry in row.suspensions.items() if side not in mine}
    if len(left) == len(row.suspensions):
        raise GrantRefused(_nothing_to_lift(row))
    return _change(row, left, events.RESUMED, actor=actor, reason=reason, at=at)


def liftable_here() -> tuple[str, ...]:
    return (SuspendedBy.PLATFORM, SuspendedBy.RISK) if on_platform() else (SuspendedBy.BANK,)


def effective(suspensions: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The columns that follow: the widest scope, whose it is and why."""
    for scope in _BY_WIDTH:
        for side in _BY_WEIGHT:
            entry = suspensions.get(side, {})
            if entry.get("scope") == scope:
                return {
                    "suspension": scope, "suspended_by": side,
                    "suspension_reason": str(entry["reason"]),
                }  # fmt: skip
    return {"suspension": Suspension.NONE, "suspended_by": "", "suspension_reason": ""}


def _change(
    row: Grant, suspensions: dict[str, Any], event: str, *, actor: Any, reason: str, at: datetime
) -> Grant:
    before = facts(row)
    claim(
        row, NOT_ENDING & Q(state__in=OPEN),
        _("The grant has ended or is being terminated: nothing calls by it any more."),
        suspensions=suspensions, **effective(suspensions),
    )  # fmt: skip
    return written(
        event, row, actor=actor, at=at, text=reason, before=before, environments=touched(row)
    )


def _nothing_to_lift(row: Grant) -> str:
    if not row.suspensions:
        return _("The grant is not suspended.")
    if on_platform():
        return _("The bank suspended this grant: only the bank can lift it.")
    return _("The platform suspended this grant: only the platform can lift it.")


def _side(actor: Operator | None, by: str) -> str:
    mine = SuspendedBy.RISK
    if actor is not None:
        mine = SuspendedBy.PLATFORM if on_platform() else SuspendedBy.BANK
    if by and by != mine:
        raise NotAllowed(_("You suspend for your own side only."))
    return mine
