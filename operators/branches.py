"""The branch tree. A path, once given, stays: it is what scopes and the audit trail refer to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from operators import events
from operators.choices import BranchKind
from operators.errors import InvalidOperator, WrongState
from operators.models import Branch, Operator
from operators.permissions import require, require_branch
from tenants.pinyin import name_key


def add_branch(
    *,
    actor: Operator,
    parent_id: int | None,
    code: str,
    name: str,
    kind: str = BranchKind.SUB_BRANCH,
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> Branch:
    """Below ``parent_id``; None = the head office, of which there is one."""
    require(actor, "operators.add_branch")
    with transaction.atomic():
        # The parent's lock makes siblings wait for each other: each gets a path of its own.
        parent = _locked(actor, parent_id) if parent_id is not None else None
        _refuse_misplaced(parent, kind)
        branch = Branch(
            code=code.strip(), name=name.strip(), kind=kind, address=address,
            latitude=latitude, longitude=longitude,
        )  # fmt: skip
        branch.name_key = name_key(branch.name)
        _validate(branch)
        branch = (
            Branch.add_root(instance=branch)
            if parent is None
            else parent.add_child(instance=branch)
        )
        _record(events.BRANCH_ADDED, actor, branch, after=_details(branch))
    return branch


def change_branch(
    *,
    actor: Operator,
    branch_id: int,
    name: str,
    kind: str,
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> Branch:
    require(actor, "operators.change_branch")
    with transaction.atomic():
        branch = _locked(actor, branch_id)
        before = _details(branch)
        if (branch.kind == BranchKind.HEAD_OFFICE) != (kind == BranchKind.HEAD_OFFICE):
            raise InvalidOperator(_("The head office stays the head office, and the only one."))
        branch.name, branch.kind, branch.address = name.strip(), kind, address
        branch.latitude, branch.longitude = latitude, longitude
        branch.name_key = name_key(branch.name)
        _validate(branch)
        branch.save(update_fields=["name", "name_key", "kind", "address", "latitude", "longitude"])
        _record(events.BRANCH_CHANGED, actor, branch, before=before, after=_details(branch))
    return branch


def close_branch(*, actor: Operator, branch_id: int, reason: str = "") -> Branch:
    """Its people are transferred and its sub-branches closed before."""
    require(actor, "operators.change_branch")
    with transaction.atomic():
        branch = _locked(actor, branch_id)
        if not branch.is_open:
            raise WrongState(_("This branch is closed already."))
        if branch.is_root():
            raise WrongState(_("The head office cannot be closed."))
        if branch.get_children().filter(is_open=True).exists():
            raise WrongState(_("Close the branches below it first."))
        if branch.operators.filter(is_active=True).exists():
            raise WrongState(_("Operators belong to this branch; transfer them first."))
        _set_open(branch, False)
        _record(events.BRANCH_CLOSED, actor, branch, reason=reason)
    return branch


def reopen_branch(*, actor: Operator, branch_id: int, reason: str = "") -> Branch:
    require(actor, "operators.change_branch")
    with transaction.atomic():
        branch = _locked(actor, branch_id)
        if branch.is_open:
            raise WrongState(_("This branch is open already."))
        if not branch.get_parent().is_open:
            raise WrongState(_("Reopen the branch above it first."))
        _set_open(branch, True)
        _record(events.BRANCH_REOPENED, actor, branch, reason=reason)
    return branch


def _locked(actor: Operator, branch_id: int) -> Branch:
    branch = Branch.objects.select_for_update().filter(pk=branch_id).first()
    if branch is None:
        raise InvalidOperator(_("There is no such branch."))
    require_branch(actor, branch.path)
    return branch


def _refuse_misplaced(parent: Branch | None, kind: str) -> None:
    if parent is None:
        if Branch.objects.filter(depth=1).exists():
            raise InvalidOperator(_("Choose the branch above: there is a head office already."))
        if kind != BranchKind.HEAD_OFFICE:
            raise InvalidOperator(_("The first branch is the head office."))
        return
    if kind == BranchKind.HEAD_OFFICE:
        raise InvalidOperator(_("There is a head office already."))
    if not parent.is_open:
        raise InvalidOperator(_("The branch above is closed."))


def _validate(branch: Branch) -> None:
    try:
        branch.full_clean(exclude=["path", "depth", "numchild"])
    except ValidationError as error:
        raise InvalidOperator(" ".join(error.messages)) from error


def _set_open(branch: Branch, is_open: bool) -> None:
    branch.is_open = is_open
    branch.save(update_fields=["is_open"])


def _details(branch: Branch) -> dict[str, Any]:
    return {
        "code": branch.code,
        "name": branch.name,
        "kind": branch.kind,
        "address": branch.address,
        "latitude": branch.latitude,
        "longitude": branch.longitude,
    }


def _record(event: str, actor: Operator, branch: Branch, **what: Any) -> None:
    record(event, actor=actor, target=branch, branch=branch, **what)
