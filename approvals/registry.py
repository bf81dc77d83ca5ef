"""Kinds of change that need a second person. A room registers its own in ``AppConfig.ready()``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import Q
    from django.utils.functional import Promise

    from approvals.models import Request
    from operators.models import Operator


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of the difference; with ``html`` the two values are markup, else plain text."""

    label: str | Promise
    before: str
    after: str
    changed: bool
    html: bool = False


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a checker has to say yes to, one by one, before a change can be approved."""

    key: str
    sentence: str | Promise


class Kind:
    """How one kind of change is shown, checked and applied; subclass, and register one instance."""

    name: str
    label: str | Promise
    # Who may check it.
    approve_permission: str
    # Who may submit it; empty = the room that submits has checked already.
    submit_permission: str = ""
    # Whether those who had a hand in the change may withdraw and rebase it, as its maker may.
    contributors_may_withdraw = True

    def checkers_required(self, payload: dict[str, Any]) -> int:
        return 1

    def submit_permission_for(self, payload: dict[str, Any]) -> str:
        return self.submit_permission

    def check(self, *, target_id: str, payload: dict[str, Any], at: datetime) -> None:
        """Raises a DomainError when this change makes no sense (any more)."""

    def concerns_other_branches(self, request: Request) -> bool:
        """Whether checkers of the request's branch alone may not decide; the whole bank's do."""
        return False

    def lock(self, target_id: str) -> None:
        """Locks the target, so that its state stays as it is from the look at it to ``apply``."""

    def current_state(self, target_id: str) -> dict[str, Any] | None:
        """What is in force now, in the form of ``Request.before``."""
        return None

    def current_digest(self, target_id: str) -> str:
        """Fingerprint of what is in force now, at most 64 characters; empty = nothing."""
        return ""

    def describe(self, request: Request) -> list[DiffRow]:
        raise NotImplementedError

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        """Puts the change into force, inside the approval's transaction."""
        raise NotImplementedError

    def confirmations(self, request: Request) -> list[Confirmation]:
        """What its checkers confirm, each of them; nothing for most changes."""
        return []

    def on_closed(self, request: Request) -> None:
        """Called, in the same transaction, when the request is closed in any way."""

    def on_refused(self, request: Request, *, actor: Operator, reason: str, at: datetime) -> None:
        """Called after ``on_closed``, with the target locked, when a person has closed the request
        themselves: a checker sent it back, or its maker took it back."""

    def hidden_from(self, operator: Operator) -> Q | None:
        """Requests of this kind that the operator may not even see; None = there are none."""
        return None

    def review_extra(self, request: Request) -> dict[str, Any]:
        """More for the review page: ``preview_url``, ``target_view`` with ``target_pk``."""
        return {}


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    if kind.name in _kinds and type(_kinds[kind.name]) is not type(kind):
        raise ValueError(f"approval kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind
    return kind


def unregister(name: str) -> None:
    _kinds.pop(name, None)


def get(name: str) -> Kind:
    return _kinds[name]


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def kinds_checked_by(operator: Operator) -> list[str]:
    return [kind.name for kind in kinds() if operator.has_perm(kind.approve_permission)]
