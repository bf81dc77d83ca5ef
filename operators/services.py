"""What administrators do with operators. Nobody does any of it to themself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from operators import events, role_changes
from operators.choices import BankRole
from operators.errors import (
    InvalidOperator,
    LastAdministrator,
    NotYourself,
    UnknownOperator,
    WrongState,
)
from operators.leavers import hand_over_all
from operators.models import Branch, Operator, PasswordLink
from operators.permissions import require, require_branch
from operators.roles import is_platform, roles_of
from operators.sign_in import second_factor
from operators.sign_in.attempts import normalise_name
from operators.sign_in.passwords import IssuedLink, make_link
from tenants.pinyin import name_key

MANAGE = "operators.manage_operators"
ADMINISTRATOR = BankRole.ADMINISTRATOR  # the platform's has the same name


@dataclass(frozen=True, slots=True)
class NewOperator:
    operator: Operator
    link: IssuedLink
    # The request that somebody else must approve before the person has any role; None at bootstrap.
    request: Any


def create_operator(
    *,
    actor: Operator,
    username: str,
    name: str,
    roles: Iterable[str],
    staff_number: str = "",
    phone: str = "",
    branch_id: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> NewOperator:
    """A person without roles, a one-time link for the password, and a request for the roles."""
    require(actor, MANAGE)
    at = at or timezone.now()
    with transaction.atomic():
        branch = _branch(actor, branch_id)
        operator = _insert(
            username=username, name=name, staff_number=staff_number, phone=phone, branch=branch
        )
        wanted = _checked_roles(operator, roles)
        if not wanted:
            raise InvalidOperator(_("Choose at least one role."))
        record(
            events.CREATED, actor=actor, target=operator, branch=branch, after=_details(operator),
            at=at,
        )  # fmt: skip
        link = _issue(actor, operator, at)
        request = role_changes.submit(actor=actor, operator=operator, roles=wanted, note=note)
    return NewOperator(operator, link, request)


def create_first_administrator(
    *, username: str, name: str = "", at: datetime | None = None
) -> NewOperator:
    """For a console that has no administrator yet: there is no second person to ask."""
    at = at or timezone.now()
    with transaction.atomic():
        group = _lock_administrators()
        if _administrators().exists():
            raise WrongState(_("This console has an administrator already."))
        operator = _insert(username=username, name=name or username)
        operator.groups.set([group])
        after = {**_details(operator), "roles": [ADMINISTRATOR]}
        record(events.BOOTSTRAPPED, actor=None, target=operator, after=after, at=at)
        link = make_link(operator=operator, issued_by="system", at=at)
    return NewOperator(operator, link, None)


def change_operator(
    *, actor: Operator, operator_id: int, name: str, staff_number: str = "", phone: str = ""
) -> Operator:
    require(actor, MANAGE)
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        before = _details(operator)
        operator.name, operator.staff_number, operator.phone = name, staff_number, phone
        operator.name_key = name_key(name)
        _validate(operator)
        operator.save(update_fields=["name", "name_key", "staff_number", "phone"])
        _record(events.CHANGED, actor, operator, before=before, after=_details(operator))
    return operator


def disable_operator(
    *,
    actor: Operator,
    operator_id: int,
    colleague_id: int | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> dict[str, int]:
    """The person leaves: sessions end, links stop working, drafts move, requests are withdrawn.

    Gives what was handed over, by the rooms that had something.
    """
    require(actor, MANAGE)
    at = at or timezone.now()
    with transaction.atomic():
        _lock_administrators()
        leaver = _locked(actor, operator_id)
        if not leaver.is_active:
            raise WrongState(_("This operator is disabled already."))
        _keep_one_administrator(leaver)
        colleague = _colleague(leaver, colleague_id)
        moved = hand_over_all(actor=actor, leaver=leaver, colleague=colleague)
        leaver.is_active, leaver.disabled_at = False, at
        _save_and_end_sessions(leaver, "is_active", "disabled_at")
        _links_in_force(leaver, at).update(expires_at=at)
        taken_over = {"colleague": colleague.username if colleague else "", "moved": moved}
        _record(events.DISABLED, actor, leaver, after=taken_over, reason=reason, at=at)
    return moved


def enable_operator(
    *, actor: Operator, operator_id: int, reason: str = "", at: datetime | None = None
) -> Operator:
    require(actor, MANAGE)
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        if operator.is_active:
            raise WrongState(_("This operator is enabled already."))
        operator.is_active, operator.disabled_at = True, None
        operator.must_change_password = True
        _save_and_end_sessions(operator, "is_active", "disabled_at", "must_change_password")
        _record(events.ENABLED, actor, operator, reason=reason, at=at)
    return operator


def transfer_operator(
    *, actor: Operator, operator_id: int, branch_id: int | None, reason: str = ""
) -> Operator:
    require(actor, MANAGE)
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        before = {"branch": operator.branch.code if operator.branch else ""}
        operator.branch = _branch(actor, branch_id)
        _checked_roles(operator, role_names(operator))
        after = {"branch": operator.branch.code if operator.branch else ""}
        if before == after:
            raise WrongState(_("This operator belongs to this branch already."))
        operator.save(update_fields=["branch"])
        _record(events.TRANSFERRED, actor, operator, before=before, after=after, reason=reason)
    return operator


def unlock_operator(*, actor: Operator, operator_id: int, reason: str = "") -> Operator:
    require(actor, MANAGE)
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        if operator.locked_until is None:
            raise WrongState(_("This operator is not locked."))
        before = {"locked_until": operator.locked_until}
        Operator.objects.filter(pk=operator.pk).forget_failures()
        _record(events.UNLOCKED, actor, operator, before=before, reason=reason)
    return operator


def issue_password_link(
    *, actor: Operator, operator_id: int, reason: str = "", at: datetime | None = None
) -> IssuedLink:
    """Resets the password: what the person had must be changed at the next sign-in, link or not."""
    require(actor, MANAGE)
    at = at or timezone.now()
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        if not operator.is_active:
            raise WrongState(_("This operator is disabled."))
        operator.must_change_password = True
        _save_and_end_sessions(operator, "must_change_password")
        return _issue(actor, operator, at, reason)


def reset_second_factor(*, actor: Operator, operator_id: int, reason: str = "") -> Operator:
    """For a lost phone: the person signs in with the password and may set up another."""
    require(actor, MANAGE)
    with transaction.atomic():
        operator = _locked(actor, operator_id)
        second_factor.discard(operator)
        _record(events.SECOND_FACTOR_RESET, actor, operator, reason=reason)
    return operator


def request_role_change(
    *, actor: Operator, operator_id: int, roles: Iterable[str], note: str = ""
) -> Any:
    """Gives the request that a second person decides on. Nothing changes until then."""
    require(actor, MANAGE)
    with transaction.atomic():
        _lock_administrators()
        operator = _locked(actor, operator_id)
        wanted = _checked_roles(operator, roles)
        if wanted == role_names(operator):
            raise WrongState(_("These are the operator's roles already."))
        if ADMINISTRATOR not in wanted:
            _keep_one_administrator(operator)
        return role_changes.submit(actor=actor, operator=operator, roles=wanted, note=note)


def apply_role_change(
    *, actor: Operator, operator_id: int, roles: Iterable[str], at: datetime | None = None
) -> Operator:
    """``actor`` is the second person, who approves. The operator's sessions end."""
    require(actor, "operators.approve_role_change")
    with transaction.atomic():
        _lock_administrators()
        operator = _locked(actor, operator_id)
        if not operator.is_active:
            raise WrongState(_("This operator is disabled."))
        before, after = role_names(operator), _checked_roles(operator, roles)
        if ADMINISTRATOR not in after:
            _keep_one_administrator(operator)
        operator.groups.set(Group.objects.filter(name__in=after))
        _save_and_end_sessions(operator)
        _record(
            events.ROLES_CHANGED, actor, operator, before={"roles": before},
            after={"roles": after}, at=at,
        )  # fmt: skip
    return operator


def role_state(operator_id: int) -> dict[str, Any]:
    """What a role change replaces: shown to the second person, and digested to notice staleness."""
    operator = Operator.objects.select_related("branch").filter(pk=operator_id).first()
    if operator is None:
        raise UnknownOperator(_("There is no such operator."))
    return {
        "username": operator.username,
        "name": operator.name,
        "branch": operator.branch.code if operator.branch else "",
        "roles": role_names(operator),
    }


def lock_role_state(operator_id: int) -> None:
    """Keeps ``role_state`` as it is until the caller's transaction ends."""
    _lock_administrators()
    Operator.objects.select_for_update(of=("self",)).filter(pk=operator_id).first()


def role_names(operator: Operator) -> list[str]:
    return sorted(operator.groups.values_list("name", flat=True))


# --- the parts -----------------------------------------------------------------------------------


def _insert(*, username: str, name: str, **fields: Any) -> Operator:
    operator = Operator(username=normalise_name(username), name=name.strip(), **fields)
    operator.name_key = name_key(operator.name)
    operator.set_unusable_password()
    _validate(operator)
    operator.save(force_insert=True)
    return operator


def _validate(operator: Operator) -> None:
    try:
        operator.full_clean(exclude=["password"])
    except ValidationError as error:
        labels = Operator._meta.get_field
        sentences = [
            f"{labels(field).verbose_name}: {message}"  # type: ignore[union-attr]
            for field, messages in error.message_dict.items()
            for message in messages
        ]
        raise InvalidOperator(" ".join(sentences)) from error


def _locked(actor: Operator, operator_id: int) -> Operator:
    """The other person's row, locked and within the actor's branches."""
    if actor.pk == operator_id:
        raise NotYourself(_("Nobody changes their own account here; ask a colleague."))
    rows = Operator.objects.select_for_update(of=("self",)).select_related("branch")
    operator = rows.in_scope_of(actor).filter(pk=operator_id).first()
    if operator is None:
        raise UnknownOperator(_("There is no such operator."))
    return operator


def _branch(actor: Operator, branch_id: int | None) -> Branch | None:
    if branch_id is None:
        return None
    branch = Branch.objects.filter(pk=branch_id, is_open=True).first()
    if branch is None:
        raise InvalidOperator(_("There is no such branch, or it is closed."))
    require_branch(actor, branch.path)
    return branch


def _checked_roles(operator: Operator, roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    if unknown := set(wanted) - set(roles_of(connection.schema_name)):
        raise InvalidOperator(_("There is no role %(role)s.") % {"role": min(unknown)})
    if not is_platform(connection.schema_name) and BankRole.BRANCH in wanted:
        if operator.branch_id is None:
            raise InvalidOperator(_("Branch staff need a branch."))
        if len(wanted) > 1:
            # Any other role sees every branch: the confinement would silently be gone.
            raise InvalidOperator(_("Branch staff cannot have another role as well."))
    return wanted


def _administrators() -> Any:
    return Operator.objects.enabled().with_role(ADMINISTRATOR)


def _lock_administrators() -> Group:
    """Who is an administrator changes one at a time: always the first lock that is taken."""
    return Group.objects.select_for_update(no_key=True).get(name=ADMINISTRATOR)


def _keep_one_administrator(operator: Operator) -> None:
    administrators = _administrators()
    if administrators.filter(pk=operator.pk).exists() and administrators.count() == 1:
        raise LastAdministrator(_("This is the last administrator; name another one first."))


def _colleague(leaver: Operator, colleague_id: int | None) -> Operator | None:
    if colleague_id is None:
        return None
    colleague = Operator.objects.enabled().filter(pk=colleague_id).first()
    if colleague is None or colleague.pk == leaver.pk:
        raise InvalidOperator(_("Name an enabled colleague who takes over."))
    return colleague


def _issue(actor: Operator, operator: Operator, at: datetime, reason: str = "") -> IssuedLink:
    link = make_link(operator=operator, issued_by=str(actor), at=at)
    after = {"expires_at": link.expires_at}
    _record(events.LINK_ISSUED, actor, operator, after=after, reason=reason, at=at)
    return link


def _links_in_force(operator: Operator, at: datetime) -> Any:
    return PasswordLink.objects.filter(operator=operator, used_at=None, expires_at__gt=at)


def _save_and_end_sessions(operator: Operator, *fields: str) -> None:
    operator.session_version = F("session_version") + 1  # type: ignore[assignment]
    operator.save(update_fields=[*fields, "session_version"])
    operator.refresh_from_db(fields=["session_version"])


def _details(operator: Operator) -> dict[str, Any]:
    return {
        "username": operator.username,
        "name": operator.name,
        "staff_number": operator.staff_number,
        # Enough to see that it changed: the trail keeps no more about a person than it must.
        "phone": operator.phone[-4:].rjust(len(operator.phone), "*"),
        "branch": operator.branch.code if operator.branch else "",
    }


def _record(event: str, actor: Operator, operator: Operator, **what: Any) -> None:
    record(event, actor=actor, target=operator, branch=operator.branch, **what)
