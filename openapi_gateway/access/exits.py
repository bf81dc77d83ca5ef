"""How a grant ends: begun, step by step, and with a certificate.

Calls stop when it is begun. A step is ticked by a person, and only when nothing remains of it: what
remains is told by the rooms that keep it, which register here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openapi_gateway.access import grant_events as events
from openapi_gateway.access.choices import GrantState, SuspendedBy, Suspension
from openapi_gateway.access.grant_errors import GrantRefused
from openapi_gateway.access.grant_steps import (
    claim,
    facts,
    found,
    today,
    touched,
    written,
)
from openapi_gateway.access.grants import NOT_ENDING, OPEN
from openapi_gateway.access.models import Grant
from openapi_gateway.access.people import on_platform
from openapi_gateway.access.suspensions import effective
from openapi_gateway.choices import Environment
from operators.errors import NotAllowed

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "gateway_access.terminate_grant"
KEYS, CALLBACKS, DATA = "keys_revoked", "callbacks_disabled", "data_deleted"
STEPS: dict[str, str | Promise] = {
    KEYS: gettext_lazy("Keys revoked"),
    CALLBACKS: gettext_lazy("Callback addresses disabled"),
    DATA: gettext_lazy("Retained data deleted"),
}
BEGUN, CERTIFICATE = "begun", "certificate"
# A sentence on what remains of a step; empty = nothing.
Remains = Callable[[Grant, datetime], str]
_remains: dict[str, list[Remains]] = {step: [] for step in STEPS}


def register_remains(step: str, remains: Remains) -> None:
    """For the rooms above, when they load."""
    if remains not in _remains[step]:
        _remains[step].append(remains)


def what_remains(grant: Grant, step: str, at: datetime) -> list[str]:
    told = (remains(grant, at) for remains in _remains[step])
    return [sentence for sentence in told if sentence]


@transaction.atomic
def begin_termination(
    *, actor: Operator, grant: Grant | int, reason: str, at: datetime | None = None
) -> Grant:
    at = at or timezone.now()
    row = found(actor, PERMISSION, grant)
    if not reason.strip():
        raise GrantRefused(_("Say why: the bank and the platform both read it."))
    before, side = facts(row), _side()
    entry = {"by": str(actor), "at": at.isoformat(), "side": side, "reason": reason.strip()[:500]}
    stop = {"scope": Suspension.ALL, "reason": entry["reason"], "at": entry["at"], "exit": True}
    suspensions = {**row.suspensions, "exit": stop}
    claim(
        row, NOT_ENDING & Q(state__in=[*OPEN, GrantState.EXPIRED]),
        _("The termination has begun already, or the grant is terminated."),
        exit_checklist={BEGUN: entry}, suspensions=suspensions,
        **{**effective({side: stop}), "suspension_reason": entry["reason"]},
    )  # fmt: skip
    return written(
        events.EXIT_BEGUN, row, actor=actor, at=at, text=reason, before=before,
        environments=touched(row),
    )  # fmt: skip


@transaction.atomic
def call_off_termination(
    *, actor: Operator, grant: Grant | int, at: datetime | None = None
) -> Grant:
    """As long as no step is done, by the side that began it."""
    at = at or timezone.now()
    row = found(actor, PERMISSION, grant)
    before = facts(row)
    if set(row.exit_checklist) != {BEGUN} or row.exit_checklist[BEGUN]["side"] != _side():
        raise GrantRefused(
            _("It can be called off before the first step is done, by the side that began it.")
        )
    left = {side: entry for side, entry in row.suspensions.items() if side != "exit"}
    claim(
        row, Q(exit_checklist=row.exit_checklist), _("Somebody else was faster. Look again."),
        exit_checklist={}, suspensions=left, **effective(left),
    )  # fmt: skip
    return written(
        events.EXIT_CALLED_OFF, row, actor=actor, at=at, before=before, environments=touched(row)
    )


@transaction.atomic
def tick_exit_step(
    *, actor: Operator, grant: Grant | int, step: str, note: str, at: datetime | None = None
) -> Grant:
    """``note`` tells how: which data, by whom, with what proof."""
    at = at or timezone.now()
    row = found(actor, PERMISSION, grant)
    _require_ending(row)
    if step not in STEPS or step in row.exit_checklist:
        raise GrantRefused(_("This step is done already, or there is no such step."))
    if step == DATA and not note.strip():
        raise GrantRefused(_("Write down which data was deleted, when and by whom."))
    if left := what_remains(row, step, at):
        raise GrantRefused(" ".join(left))
    entry = {"by": str(actor), "at": at.isoformat(), "side": _side(), "note": note.strip()[:500]}
    more: dict[str, Any] = {"callback_urls": {}} if step == CALLBACKS else {}
    claim(
        row, Q(exit_checklist=row.exit_checklist), _("Somebody else was faster. Look again."),
        exit_checklist={**row.exit_checklist, step: entry}, **more,
    )  # fmt: skip
    return written(
        events.EXIT_STEP_DONE, row, actor=actor, at=at, text=f"{STEPS[step]} {note}".strip(),
        after={"step": step}, environments=[Environment.SANDBOX],
    )  # fmt: skip


@transaction.atomic
def terminate_grant(*, actor: Operator, grant: Grant | int, at: datetime | None = None) -> Grant:
    """The platform looks at the steps once more and issues the certificate."""
    at = at or timezone.now()
    if not on_platform():
        raise NotAllowed(_("Only the platform does this."))
    row = found(actor, PERMISSION, grant)
    _require_ending(row)
    missing = [str(label) for step, label in STEPS.items() if step not in row.exit_checklist]
    if missing:
        raise GrantRefused(_("Not done yet: %(steps)s.") % {"steps": ", ".join(missing)})
    for step in STEPS:
        if left := what_remains(row, step, at):
            raise GrantRefused(" ".join(left))
    before, content = facts(row), _content(row, str(actor), at)
    certificate = {"content": content, "sha256": digest_of(content)}
    claim(
        row, ~Q(state=GrantState.TERMINATED), _("The grant is terminated already."),
        state=GrantState.TERMINATED, terminated_at=at,
        exit_checklist={**row.exit_checklist, CERTIFICATE: certificate},
    )  # fmt: skip
    return written(
        events.TERMINATED, row, actor=actor, at=at, before=before,
        after={**facts(row), "certificate": certificate["sha256"]}, environments=touched(row),
    )  # fmt: skip


def digest_of(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _content(row: Grant, closed_by: str, at: datetime) -> dict[str, Any]:
    services = row.services.select_related("plan__version__service")  # type: ignore[attr-defined]
    return {
        "number": f"EXIT-{today(at):%Y%m%d}-{row.pk:06d}",
        "bank": row.bank.name,
        "client": row.client.name,
        "app_id": row.client.app_id,
        "grant": str(row.uid),
        "services": [str(each.plan.version) for each in services],
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "steps": {BEGUN: row.exit_checklist[BEGUN], **{s: row.exit_checklist[s] for s in STEPS}},
        "closed_by": closed_by,
        "closed_at": at.isoformat(),
    }


def _require_ending(row: Grant) -> None:
    if row.state == GrantState.TERMINATED:
        raise GrantRefused(_("The grant is terminated already."))
    if not row.exit_checklist:
        raise GrantRefused(_("Begin the termination first: calls stop, then the steps follow."))


def _side() -> str:
    return SuspendedBy.PLATFORM if on_platform() else SuspendedBy.BANK


def _usable_keys(grant: Grant, _at: datetime) -> str:
    """Keys may stay while another grant of the client lives on them."""
    others = grant.client.grants.filter(NOT_ENDING, state__in=OPEN).exclude(pk=grant.pk)
    if others.exists():
        return ""
    left = grant.client.keys.exclude(state__in=["revoked", "retired", "expired"])
    ids = list(left.values_list("key_id", flat=True)[:5])
    return _("Revoke these keys first: %(ids)s.") % {"ids": ", ".join(ids)} if ids else ""


register_remains(KEYS, _usable_keys)
