from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.branches import add_branch, change_branch, close_branch, reopen_branch
from operators.errors import InvalidOperator, NotAllowed, WrongState
from operators.models import Branch, Operator
from tests.operators.people import make_branch, make_operator
from tests.operators.racing import race


@pytest.fixture
def head(ada: Operator) -> Branch:
    return add_branch(
        actor=ada, parent_id=None, code="001", name="总行", kind="head_office",
        latitude=Decimal("28.228209"), longitude=Decimal("112.938814"),
    )  # fmt: skip


def test_a_tree_is_built_from_the_head_office_down(ada: Operator, head: Branch) -> None:
    north = add_branch(actor=ada, parent_id=head.pk, code="101", name="城北支行")
    add_branch(actor=ada, parent_id=north.pk, code="1011", name="湘江分理处", kind="outlet")

    rows = list(Branch.objects.values_list("code", "depth", "name_key"))
    assert rows == [
        ("001", 1, "zong hang"),
        ("101", 2, "cheng bei zhi hang"),
        ("1011", 3, "xiang jiang fen li chu"),
    ]
    event = AuditEvent.objects.filter(event="operators.branch_added").get(target_label="总行")
    assert event.after["latitude"] == "28.228209"


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "001"},
        {"code": ""},
        {"code": "1 2"},
        {"name": ""},
        {"kind": "head_office"},
        {"kind": "castle"},
        {"latitude": Decimal("91")},
        {"longitude": Decimal("-181")},
        {"parent_id": None},
        {"parent_id": 987654},
    ],
)
def test_a_branch_that_makes_no_sense_is_refused(
    ada: Operator, head: Branch, fields: dict[str, Any]
) -> None:
    given = {"parent_id": head.pk, "code": "101", "name": "North", **fields}

    with pytest.raises(InvalidOperator):
        add_branch(actor=ada, **given)

    assert Branch.objects.count() == 1


def test_the_first_branch_is_the_head_office(ada: Operator) -> None:
    with pytest.raises(InvalidOperator):
        add_branch(actor=ada, parent_id=None, code="101", name="North")


def test_a_renamed_branch_keeps_its_path(ada: Operator, head: Branch) -> None:
    north = add_branch(actor=ada, parent_id=head.pk, code="101", name="North")

    changed = change_branch(actor=ada, branch_id=north.pk, name="城南", kind="outlet")

    assert (changed.path, changed.name_key) == (north.path, "cheng nan")
    with pytest.raises(InvalidOperator):
        change_branch(actor=ada, branch_id=north.pk, name="X", kind="head_office")


def test_a_branch_closes_when_nobody_and_nothing_is_left(ada: Operator, head: Branch) -> None:
    north = add_branch(actor=ada, parent_id=head.pk, code="101", name="North")
    outlet = add_branch(actor=ada, parent_id=north.pk, code="1011", name="Outlet", kind="outlet")
    bea = make_operator("bea", "branch", branch=outlet)
    for refused in (head, north, outlet):
        with pytest.raises(WrongState):
            close_branch(actor=ada, branch_id=refused.pk)
    Operator.objects.filter(pk=bea.pk).update(branch=head)

    for branch in (outlet, north):
        close_branch(actor=ada, branch_id=branch.pk, reason="merged")

    with pytest.raises(WrongState):
        reopen_branch(actor=ada, branch_id=outlet.pk)
    with pytest.raises(InvalidOperator):
        add_branch(actor=ada, parent_id=north.pk, code="1012", name="Late")
    reopen_branch(actor=ada, branch_id=north.pk)
    reopen_branch(actor=ada, branch_id=outlet.pk)
    assert Branch.objects.filter(is_open=True).count() == 3


@pytest.mark.parametrize("role", ["maker", "checker", "viewer", "branch"])
def test_only_administrators_change_the_tree(ada: Operator, head: Branch, role: str) -> None:
    eve = make_operator("eve", role, branch=head)
    with pytest.raises(NotAllowed):
        add_branch(actor=eve, parent_id=head.pk, code="101", name="North")
    with pytest.raises(NotAllowed):
        change_branch(actor=eve, branch_id=head.pk, name="X", kind="head_office")
    with pytest.raises(NotAllowed):
        close_branch(actor=eve, branch_id=head.pk)


def test_branches_added_at_once_all_get_a_place(racing_bank: Any) -> None:
    with tenant_context(racing_bank):
        ada, head = make_operator("ada", "administrator"), make_branch("001")

    def add(number: int) -> Branch:
        return add_branch(actor=ada, parent_id=head.pk, code=f"1{number:02}", name=f"B{number}")

    results = race(racing_bank, [partial(add, number) for number in range(20)])

    assert [result for result in results if not isinstance(result, Branch)] == []
    with tenant_context(racing_bank):
        assert Branch.objects.get(pk=head.pk).numchild == 20
        assert Branch.find_problems() == ([], [], [], [], [])
    connection.set_schema_to_public()
