"""A role change: proposed by an administrator, decided by a second, never by who gains it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.registry import DiffRow, Kind, register
from approvals.services import submit_request
from audit.canonical import canonical, dumps
from audit.context import current_schema
from operators import role_changes
from operators import services as operators
from operators.roles import role_label

if TYPE_CHECKING:
    from datetime import datetime

    from approvals.models import Request
    from operators.models import Operator

NAME = "role_change"
TARGET_KIND = "operators.operator"


class RoleChangeKind(Kind):
    name = NAME
    label = gettext_lazy("role change")
    submit_permission = "operators.manage_operators"
    approve_permission = "operators.approve_role_change"
    # Whose roles change is a contributor only so as not to approve; it is not theirs to take back.
    contributors_may_withdraw = False

    def lock(self, target_id: str) -> None:
        operators.lock_role_state(int(target_id))

    def current_state(self, target_id: str) -> dict[str, Any]:
        return canonical(operators.role_state(int(target_id)))

    def current_digest(self, target_id: str) -> str:
        return _digest(self.current_state(target_id))

    def describe(self, request: Request) -> list[DiffRow]:
        before = request.before or {}
        same = [
            DiffRow(label, before.get(key, ""), before.get(key, ""), changed=False)
            for key, label in (("name", _("name")), ("username", _("username")))
        ]
        old, new = _labels(before.get("roles", [])), _labels(request.payload["roles"])
        return [*same, DiffRow(_("roles"), old, new, changed=old != new)]

    def apply(self, request: Request, *, actor: Operator, at: datetime) -> None:
        operators.apply_role_change(
            actor=actor, operator_id=int(request.target_id), roles=request.payload["roles"], at=at
        )

    def review_extra(self, request: Request) -> dict[str, Any]:
        return {"target_view": "operators_operator_change", "target_pk": int(request.target_id)}


def submit_role_change(
    *, actor: Operator, operator: Operator, roles: list[str], note: str = ""
) -> Request:
    state = canonical(operators.role_state(operator.pk))
    return submit_request(
        actor=actor,
        kind=NAME,
        target_kind=TARGET_KIND,
        target_id=operator.pk,
        title=_("Roles of %(name)s") % {"name": operator},
        payload={"schema": 1, "roles": sorted(roles)},
        before=state,
        base_digest=_digest(state),
        note=note,
        branch=operator.branch,
        # Nobody approves their own roles.
        contributors=[operator.pk],
    )


def register_role_change() -> None:
    register(RoleChangeKind())
    role_changes.register_submitter(submit_role_change)


def _digest(state: dict[str, Any]) -> str:
    return hashlib.sha256(dumps(state).encode()).hexdigest()


def _labels(roles: list[str]) -> str:
    return "、".join(role_label(current_schema(), role) for role in roles) or _("no role")
