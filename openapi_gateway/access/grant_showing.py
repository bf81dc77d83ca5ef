"""Where a grant stands and what comes next, in the words of either console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from openapi_gateway.access import exits, grant_events
from openapi_gateway.access.choices import GrantState, SuspendedBy, Suspension
from openapi_gateway.access.grant_steps import today
from openapi_gateway.access.grants import is_for_production, sandbox_alone
from openapi_gateway.choices import Environment

if TYPE_CHECKING:
    from openapi_gateway.access.models import Grant

STATE_COLOURS = {
    GrantState.SANDBOX_ACTIVE: "info", GrantState.CONFORMANCE_PASSED: "info",
    GrantState.PRODUCTION_PENDING: "warning", GrantState.PRODUCTION_ACTIVE: "success",
    GrantState.TERMINATED: "", GrantState.EXPIRED: "",
}  # fmt: skip
EVENT_COLOURS = {
    "suspended": "danger", "production_opened": "success", "conformance_passed": "success",
    "production_returned": "warning", "exit_begun": "danger", "terminated": "danger",
}  # fmt: skip
DONE, HERE, AHEAD = "done", "here", "ahead"


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the three on the way to production."""

    number: int
    title: str
    text: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExitLine:
    step: str
    label: str | Promise
    is_done: bool
    by: str = ""
    at: datetime | None = None
    note: str = ""
    # Sentences on what is still there.
    remains: tuple[str, ...] = ()


def standing(grant: Grant, at: datetime) -> GrantState:
    """The state by the clock."""
    is_over = grant.state in (GrantState.TERMINATED, GrantState.EXPIRED)
    if not is_over and today(at) > grant.ends_on:
        return GrantState.EXPIRED
    return GrantState(grant.state)


def stages(grant: Grant, at: datetime) -> list[Stage]:
    passed, opened = grant.conformance_passed_at, grant.production_at
    asked = grant.state == GrantState.PRODUCTION_PENDING
    # A grant that ends is nowhere on the way any more.
    is_over = standing(grant, at) in (GrantState.TERMINATED, GrantState.EXPIRED)
    here = AHEAD if is_over or grant.exit_checklist else HERE
    conformance = DONE if passed else here
    production = DONE if opened else here if passed else AHEAD
    return [
        Stage(1, _("Sandbox"), _("Keys and calls with made-up data."), DONE, grant.created_at),
        Stage(2, _("Conformance"), _("The client passes every case of the suite."), conformance,
              passed),
        Stage(3, _("Production"),
              _("Asked for: the platform's technical reviewer opens it.") if asked
              else _("Real customers, with production keys."), production, opened),
    ]  # fmt: skip


def next_step(grant: Grant, at: datetime, *, for_platform: bool) -> str:
    """One sentence: who does what now."""
    now = standing(grant, at)
    if now == GrantState.TERMINATED:
        return _("The grant is terminated. Its certificate stays here.")
    if grant.exit_checklist:
        return _("The grant is being terminated: do the steps below, then the platform closes it.")
    if now == GrantState.EXPIRED:
        return _("The grant has ended by its date. Apply again to go on, or terminate it.")
    if grant.suspension:
        return _suspended(grant, for_platform)
    if now == GrantState.CONFORMANCE_PASSED and not is_for_production(grant):
        return sandbox_alone()
    told = _next_of_platform if for_platform else _next_of_bank
    return told(grant)


def _suspended(grant: Grant, for_platform: bool) -> str:
    is_ours = (grant.suspended_by == SuspendedBy.BANK) != for_platform
    if is_ours:
        return _("You have suspended this grant. Lift the suspension when its reason is gone.")
    if for_platform:
        return _("The bank has suspended this grant; only the bank lifts that.")
    return _("The platform has suspended this grant: mend the cause and tell the platform.")


def _next_of_bank(grant: Grant) -> str:
    return {
        GrantState.SANDBOX_ACTIVE: _(
            "Make a sandbox key, build the client, and run the conformance suite until it passes."
        ),
        GrantState.CONFORMANCE_PASSED: _(
            "The client has passed. Make a production key, then request production."
        ),
        GrantState.PRODUCTION_PENDING: _("The platform's technical reviewer looks at it now."),
        GrantState.PRODUCTION_ACTIVE: _(
            "Production is open. Replace keys before they end, and watch usage and errors."
        ),
    }[GrantState(grant.state)]


def _next_of_platform(grant: Grant) -> str:
    return {
        GrantState.SANDBOX_ACTIVE: _("The bank builds its client in the sandbox."),
        GrantState.CONFORMANCE_PASSED: _("The bank may request production now."),
        GrantState.PRODUCTION_PENDING: _(
            "The bank asks for production: look at the last conformance run and decide."
        ),
        GrantState.PRODUCTION_ACTIVE: _("Production is open."),
    }[GrantState(grant.state)]


def exit_lines(grant: Grant, at: datetime) -> list[ExitLine]:
    if not grant.exit_checklist:
        return []
    return [_exit_line(grant, step, label, at) for step, label in exits.STEPS.items()]


def _exit_line(grant: Grant, step: str, label: str | Promise, at: datetime) -> ExitLine:
    entry = grant.exit_checklist.get(step)
    if entry:
        return ExitLine(step, label, True, entry["by"], parse_datetime(entry["at"]), entry["note"])
    return ExitLine(step, label, False, remains=tuple(exits.what_remains(grant, step, at)))


def suspension_lines(grant: Grant) -> list[dict[str, Any]]:
    """Each side's own."""
    return [
        {
            "side": SuspendedBy(side).label,
            "scope": Suspension(entry["scope"]).label,
            "reason": entry["reason"],
            "by": entry.get("by", ""),
            "at": parse_datetime(entry["at"]),
        }
        for side, entry in sorted(grant.suspensions.items())
        if side in SuspendedBy.values
    ]


def places(grant: Grant) -> list[dict[str, Any]]:
    return [
        {
            "label": environment.label,
            "addresses": grant.addresses.get(environment, []),
            "callbacks": grant.callback_urls.get(environment, []),
        }
        for environment in Environment
    ]


def history(grant: Grant) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "label": grant_events.label_of_kind(row.kind),
            "colour": EVENT_COLOURS.get(row.kind, ""),
        }
        for row in grant.events.order_by("-id")  # type: ignore[attr-defined]
    ]
