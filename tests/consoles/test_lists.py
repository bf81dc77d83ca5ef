from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from operators.admin_base.changelist import COUNT_CAP, CappedPaginator
from operators.models import Branch, Operator
from operators.preferences import PAGE_SIZES
from tenants.models import Bank
from tests.consoles.visitor import Visitor
from tests.operators.people import make_branch, make_operator

BANKS = "/admin/tenants/bank/"
OPERATORS = "/admin/operators/operator/"
BRANCHES = "/admin/operators/branch/"


def cl(client: Visitor, address: str) -> Any:
    return client.get(address).context["cl"]


def test_tabs_count_what_the_filters_leave_in_one_query(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    Bank.objects.filter(pk=beta.pk).update(status="suspended")
    client = enter(None, "auditor")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        listed = cl(client, f"{BANKS}?tab=suspended")

    counts = {tab.key: listed.counts[tab.key] for tab in listed.tabs}
    assert counts == {"all": 2, "onboarding": 0, "active": 1, "suspended": 1, "closed": 0}
    assert [bank.slug for bank in listed.result_list] == ["beta"]
    assert len([q for q in queries if "tab_" in q["sql"]]) == 1
    assert cl(client, f"{BANKS}?q=alpha").counts["suspended"] == 0


def test_an_empty_filter_row_asks_for_everything(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    listed = cl(enter(None, "auditor"), f"{BANKS}?q=&prefecture=&skin=&tab=")

    assert len(listed.result_list) == 2


def test_a_page_size_is_remembered_for_one_list_and_one_person(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    client, colleague = enter(alpha, "administrator"), enter(alpha, "administrator", username="bo")

    answer = client.post(f"{OPERATORS}page-size/", {"size": "50", "query": "tab=enabled"})

    assert answer["Location"] == f"{OPERATORS}?tab=enabled"
    assert cl(client, OPERATORS).list_per_page == 50
    assert cl(client, BRANCHES).list_per_page == PAGE_SIZES[0]
    assert cl(colleague, OPERATORS).list_per_page == PAGE_SIZES[0]


@pytest.mark.parametrize("size", ["7", "-1", "", "x", "²"])
def test_a_page_size_not_on_offer_changes_nothing(
    alpha: Any, enter: Callable[..., Visitor], size: str
) -> None:
    client = enter(alpha, "administrator")

    client.post(f"{OPERATORS}page-size/", {"size": size})

    assert cl(client, OPERATORS).list_per_page == PAGE_SIZES[0]


def test_the_page_size_never_changes_by_get_nor_leads_elsewhere(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    client = enter(alpha, "administrator")

    assert client.get(f"{OPERATORS}page-size/?size=50").status_code == 405
    answer = client.post(f"{OPERATORS}page-size/", {"size": "50", "query": "//evil.example"})
    assert answer["Location"].startswith(f"{OPERATORS}?")


def test_counting_stops_at_the_cap(alpha: Any) -> None:
    with tenant_context(alpha), CaptureQueriesContext(connection) as queries:
        paginator = CappedPaginator(Operator.objects.all(), 20)
        assert paginator.count == Operator.objects.count()
        assert not paginator.is_capped

    assert f"LIMIT {COUNT_CAP + 1}" in queries[-2]["sql"] + queries[-1]["sql"] + queries[0]["sql"]


@pytest.fixture
def tree(alpha: Any) -> dict[str, Branch]:
    with tenant_context(alpha):
        head = make_branch("0001")
        own, other = make_branch("0100", head), make_branch("0200", head)
        return {"head": head, "own": own, "below": make_branch("0101", own), "other": other}


def test_branch_staff_list_and_open_only_their_own_subtree(
    alpha: Any, tree: dict[str, Branch], enter: Callable[..., Visitor]
) -> None:
    client = enter(alpha, "branch", branch=tree["own"])

    listed = {branch.code for branch in cl(client, BRANCHES).result_list}

    assert listed == {"0100", "0101"}
    assert client.get(f"{BRANCHES}{tree['below'].pk}/change/").status_code == 200
    assert client.get(f"{BRANCHES}{tree['other'].pk}/change/").status_code == 302
    assert cl(client, f"{BRANCHES}?q=0200").result_count == 0


def test_nothing_can_be_deleted_and_no_bulk_deletion_is_offered(
    alpha: Any, tree: dict[str, Branch], enter: Callable[..., Visitor]
) -> None:
    client = enter(alpha, "administrator")
    with tenant_context(alpha):
        client.operator.groups.get().permissions.add(
            Permission.objects.get(codename="delete_branch")
        )
    body = {"action": "delete_selected", "_selected_action": [tree["other"].pk], "post": "yes"}

    assert client.post(f"{BRANCHES}{tree['other'].pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(BRANCHES, body)

    with tenant_context(alpha):
        assert Branch.objects.filter(pk=tree["other"].pk).exists()


def test_django_s_own_log_stays_empty(alpha: Any, enter: Callable[..., Visitor]) -> None:
    client = enter(alpha, "administrator")
    with tenant_context(alpha):
        colleague = make_operator("colleague")

    client.post(
        f"{OPERATORS}{colleague.pk}/change/", {"name": "New Name", "staff_number": "", "phone": ""}
    )

    assert LogEntry.objects.count() == 0


def test_the_history_of_a_row_is_its_audit_trail(alpha: Any, enter: Callable[..., Visitor]) -> None:
    client = enter(alpha, "administrator")
    address = f"{OPERATORS}{client.operator.pk}/history/"

    answer = client.get(address)

    assert answer["Location"].startswith("/admin/audit/auditevent/?target_kind=operators.operator")
    assert client.get(answer["Location"]).status_code == 200


def test_an_empty_list_says_what_to_do(alpha: Any, enter: Callable[..., Visitor]) -> None:
    client = enter(alpha, "administrator")

    empty = client.get(BRANCHES).content.decode()
    nothing_matches = client.get(f"{OPERATORS}?q=zzzz").content.decode()

    assert f'href="{BRANCHES}add/' in empty
    assert "fx-empty" in nothing_matches
    assert 'href="?tab=' in nothing_matches
