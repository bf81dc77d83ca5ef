from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection

from operators import checks, roles
from operators.choices import BankRole, PlatformRole
from operators.errors import NotAllowed
from operators.permissions import require, require_branch
from operators.roles import BANK_ROLES, PLATFORM_ROLES, seed_roles
from tests.operators.people import make_branch, make_operator


def held(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role)
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


@pytest.mark.parametrize("role", BankRole.values)
def test_a_replayed_bank_holds_exactly_the_map(bank: Any, role: str) -> None:
    assert held(role) == BANK_ROLES[role]


@pytest.mark.parametrize("role", PlatformRole.values)
def test_the_platform_holds_exactly_the_map(db: None, role: str) -> None:
    connection.set_schema_to_public()

    assert held(role) == PLATFORM_ROLES[role]


def test_every_role_of_the_choices_is_in_the_map() -> None:
    assert set(BANK_ROLES) == set(BankRole.values)
    assert set(PLATFORM_ROLES) == set(PlatformRole.values)


def test_seeding_again_adds_what_is_missing_and_removes_what_is_left_over(bank: Any) -> None:
    maker = Group.objects.get(name="maker")
    maker.permissions.set(Permission.objects.filter(codename="approve_publication"))
    stray = Group.objects.create(name="stray")
    stray.permissions.set(Permission.objects.filter(codename="approve_publication"))

    seed_roles(apps, "default", bank.schema_name)

    assert held("maker") == BANK_ROLES["maker"]
    assert held("stray") == set()


def test_the_seed_digest_changes_with_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    before = roles.seed_digest()
    changed = {**BANK_ROLES, BankRole.VIEWER: frozenset({"operators.view_branch"})}
    monkeypatch.setattr(roles, "BANK_ROLES", changed)

    assert roles.seed_digest() != before


def test_a_misspelt_permission_is_a_system_check_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.every_role_names_real_permissions(None) == []
    changed = {**BANK_ROLES, BankRole.VIEWER: frozenset({"operators.veiw_branch"})}
    monkeypatch.setattr(checks, "BANK_ROLES", changed)

    found = checks.every_role_names_real_permissions(None)

    assert [error.id for error in found] == ["operators.E001"]


CONTENT_DECISIONS = {"publishing.approve_publication", "publishing.withdraw_publication"}
DRAFTING = {"announcements.add_announcement", "announcements.change_announcement"}


def test_whoever_approves_content_cannot_draft_it() -> None:
    for role_map in (BANK_ROLES, PLATFORM_ROLES):
        for role, permissions in role_map.items():
            assert not (permissions & CONTENT_DECISIONS and permissions & DRAFTING), role


def test_administrators_neither_draft_nor_approve_content() -> None:
    for role_map in (BANK_ROLES, PLATFORM_ROLES):
        assert not role_map["administrator"] & (CONTENT_DECISIONS | DRAFTING)


def test_only_branch_staff_are_confined() -> None:
    confined = [role for role in BANK_ROLES if "operators.see_all_branches" not in BANK_ROLES[role]]
    assert confined == ["branch"]


def test_viewers_and_auditors_change_nothing() -> None:
    for permissions in (BANK_ROLES["viewer"], PLATFORM_ROLES["auditor"]):
        verbs = {name.split(".")[1].split("_")[0] for name in permissions}
        assert verbs <= {"view", "see", "export"}


def test_a_person_of_another_schema_may_do_nothing(alpha: Any, beta: Any) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(alpha):
        ada = make_operator("ada", "administrator")
        require(ada, "operators.manage_operators")
    with tenant_context(beta):
        twin = make_operator("twin", "administrator")
        assert twin.has_perm("operators.manage_operators")
        with pytest.raises(NotAllowed):
            require(ada, "operators.manage_operators")


def test_nobody_and_disabled_people_are_refused(bank: Any) -> None:
    gone = make_operator("gone", "administrator", is_active=False)
    for actor in (None, gone):
        with pytest.raises(NotAllowed):
            require(actor, "operators.view_branch")


def test_branch_staff_end_at_their_subtree(bank: Any) -> None:
    head = make_branch("001")
    north, south = make_branch("101", head), make_branch("102", head)
    outlet = make_branch("1011", north)
    bea = make_operator("bea", "branch", branch=north)

    require_branch(bea, outlet.path)
    for path in ("", head.path, south.path):
        with pytest.raises(NotAllowed):
            require_branch(bea, path)
