"""The names under which the life of a grant is written down; a grant's own history uses the part
after the last dot."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit import events

OPENED = "gateway.grant.opened"
CONFORMANCE_PASSED = "gateway.grant.conformance_passed"
PRODUCTION_REQUESTED = "gateway.grant.production_requested"
PRODUCTION_RETURNED = "gateway.grant.production_returned"
PRODUCTION_OPENED = "gateway.grant.production_opened"
SUSPENDED = "gateway.grant.suspended"
RESUMED = "gateway.grant.resumed"
EXIT_BEGUN = "gateway.grant.exit_begun"
EXIT_CALLED_OFF = "gateway.grant.exit_called_off"
EXIT_STEP_DONE = "gateway.grant.exit_step_done"
TERMINATED = "gateway.grant.terminated"
EXPIRED = "gateway.grant.expired"

_LABELS: dict[str, str | Promise] = {
    OPENED: _("grant opened"),
    CONFORMANCE_PASSED: _("conformance suite passed"),
    PRODUCTION_REQUESTED: _("production requested"),
    PRODUCTION_RETURNED: _("request for production sent back"),
    PRODUCTION_OPENED: _("production opened"),
    SUSPENDED: _("grant suspended"),
    RESUMED: _("suspension of a grant lifted"),
    EXIT_BEGUN: _("termination of a grant begun"),
    EXIT_CALLED_OFF: _("termination of a grant called off"),
    EXIT_STEP_DONE: _("exit step of a grant done"),
    TERMINATED: _("grant terminated"),
    EXPIRED: _("grant expired"),
}


def kind_of(event: str) -> str:
    return event.rpartition(".")[2]


def label_of_kind(kind: str) -> str | Promise:
    return next((label for name, label in _LABELS.items() if kind_of(name) == kind), kind)


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
