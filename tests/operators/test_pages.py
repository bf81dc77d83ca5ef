from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from openpyxl import load_workbook

from approvals.models import Request
from audit.models import AuditEvent
from operators.models import Branch, Operator
from operators.services import role_names
from tests.operators.people import PASSWORD, fresh, make_branch, make_operator

LIST = "/admin/operators/operator/"
BRANCHES = "/admin/operators/branch/"
REPORT = "/admin/permission-report/"


@pytest.fixture
def as_ada(at_alpha: Client, ada: Operator) -> Client:
    at_alpha.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    return at_alpha


def shown_links(page: str) -> set[str]:
    return set(re.findall(r"http://alpha\.localhost:8000/admin/password/[\w-]+/", page))


def act(client: Client, operator: Operator, name: str, **given: Any) -> Any:
    address = f"{LIST}{operator.pk}/{name}/"
    return client.post(address, {"_form_submitted": "true", **given})


def test_the_list_has_tabs_with_counts_search_and_filters(as_ada: Client, mia: Operator) -> None:
    north = make_branch("101", make_branch("001"))
    make_operator("gone", "maker", is_active=False)
    make_operator("zhou", "branch", name="周敏", name_key="zhou min", branch=north)

    def usernames(query: str) -> set[str]:
        page = as_ada.get(f"{LIST}?{query}").content.decode()
        return {name for name in ("ada", "mia", "gone", "zhou") if f">{name}</a>" in page}

    assert usernames("") == {"ada", "mia", "gone", "zhou"}
    assert usernames("tab=enabled") == {"ada", "mia", "zhou"}
    assert usernames("tab=disabled") == {"gone"}
    assert usernames("tab=locked") == set()
    assert usernames("role=branch") == {"zhou"}
    assert usernames(f"branch__id__exact={north.pk}") == {"zhou"}
    assert usernames("q=zhou+min") == {"zhou"}


def queries_of(client: Client, address: str) -> int:
    client.get(address)  # fills what a process keeps
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith("SET search_path") for query in captured)


def test_lists_of_any_length_cost_the_same_queries(as_ada: Client) -> None:
    head = make_branch("001")
    lists = (LIST, BRANCHES, REPORT)
    few = [queries_of(as_ada, address) for address in lists]
    for number in range(15):
        branch = make_branch(f"1{number:02}", head)
        make_operator(f"person{number}", "maker", branch=branch)

    assert [queries_of(as_ada, address) for address in lists] == few


def test_creating_shows_the_link_on_the_answer_alone(as_ada: Client, bank: Any) -> None:
    head = make_branch("001")
    form = as_ada.get(f"{LIST}add/").content.decode()
    assert 'name="password' not in form

    answer = as_ada.post(
        f"{LIST}add/",
        {"username": "liu", "name": "刘洋", "staff_number": "1", "phone": "", "note": "",
         "branch": head.pk, "roles": ["maker"]},
    )  # fmt: skip

    links = shown_links(answer.content.decode())
    assert len(links) == 1
    assert "no-store" in answer.headers["Cache-Control"]
    liu = Operator.objects.get(username="liu")
    assert role_names(liu) == []
    assert Request.objects.get(target_id=str(liu.pk)).payload["roles"] == ["maker"]
    assert not shown_links(as_ada.get(f"{LIST}{liu.pk}/change/").content.decode())


def test_a_refused_creation_shows_the_sentence_and_keeps_nothing(as_ada: Client, bank: Any) -> None:
    answer = as_ada.post(f"{LIST}add/", {"username": "liu", "name": "Liu", "roles": ["branch"]})

    assert answer.status_code == 200
    with override("zh-hans"):
        assert "branch" not in answer.headers.get("Location", "")
    assert not Operator.objects.filter(username="liu").exists()


def test_details_are_changed_through_the_service(as_ada: Client, mia: Operator) -> None:
    given = {"name": "张敏", "staff_number": "5", "phone": "138", "username": "root"}
    assert as_ada.post(f"{LIST}{mia.pk}/change/", given).status_code == 302

    changed = fresh(mia)
    assert (changed.name, changed.username) == ("张敏", "mia")
    assert AuditEvent.objects.filter(event="operators.changed").count() == 1


def test_ones_own_page_is_read_only(as_ada: Client, ada: Operator, bo: Operator) -> None:
    page = as_ada.get(f"{LIST}{ada.pk}/change/")
    assert page.status_code == 200
    assert f"{LIST}{ada.pk}/disable/" not in page.content.decode()
    assert as_ada.post(f"{LIST}{ada.pk}/change/", {"name": "Me"}).status_code == 403
    assert act(as_ada, ada, "disable", reason="x").status_code == 200
    assert fresh(ada).is_active


def test_actions_need_a_post_with_their_form(as_ada: Client, mia: Operator) -> None:
    for name in ("disable", "reset_link", "transfer", "unlock", "change_roles"):
        assert as_ada.get(f"{LIST}{mia.pk}/{name}/").status_code == 200
        assert as_ada.post(f"{LIST}{mia.pk}/{name}/", {"reason": ""}).status_code == 200
    assert fresh(mia).is_active
    assert not AuditEvent.objects.filter(target_label="Mia").exists()


def test_each_action_reaches_its_service(as_ada: Client, mia: Operator, bo: Operator) -> None:
    head = make_branch("001")
    reset = act(as_ada, mia, "reset_link", reason="forgotten")
    assert len(shown_links(reset.content.decode())) == 1
    assert reset.headers["HX-Retarget"] == "#dialog"

    assert act(as_ada, mia, "transfer", branch=head.pk, reason="moves").status_code == 302
    assert fresh(mia).branch == head
    assert act(as_ada, mia, "change_roles", roles=["checker"], note="").status_code == 302
    assert Request.objects.get(target_id=str(mia.pk)).payload["roles"] == ["checker"]
    assert act(as_ada, mia, "disable", colleague=bo.pk, reason="left").status_code == 302
    assert not fresh(mia).is_active
    assert not Request.objects.filter(status="pending", maker=mia).exists()
    assert act(as_ada, mia, "enable", reason="back").status_code == 302
    assert fresh(mia).is_active


def test_people_without_the_permission_reach_none_of_it(at_alpha: Client, ada: Operator) -> None:
    for role in ("maker", "viewer", "checker"):
        operator = make_operator(f"a-{role}", role)
        at_alpha.post("/admin/login/", {"username": operator.username, "password": PASSWORD})
        assert at_alpha.get(f"{LIST}add/").status_code == 403
        assert act(at_alpha, ada, "disable", reason="x").status_code in {403, 404}
        assert at_alpha.get(REPORT).status_code == 403
        assert at_alpha.get(f"{BRANCHES}add/").status_code == 403
        at_alpha.post("/admin/logout/")
    assert fresh(ada).is_active


def test_the_platform_keeps_its_own_staff_without_branches(at_platform: Client) -> None:
    make_operator("root", "administrator")
    at_platform.post("/admin/login/", {"username": "root", "password": PASSWORD})

    assert at_platform.get(LIST).status_code == 200
    form = at_platform.get(f"{LIST}add/").content.decode()
    assert 'name="branch"' not in form
    assert 'value="compliance_reviewer"' in form
    assert 'value="maker"' not in form
    answer = at_platform.post(
        f"{LIST}add/", {"username": "ann", "name": "Ann", "roles": ["auditor"], "note": ""}
    )
    assert "http://console.localhost:8000/admin/password/" in answer.content.decode()
    assert at_platform.get(REPORT).status_code == 200


# --- branches -------------------------------------------------------------------------------------


def test_the_tree_is_built_on_its_pages(as_ada: Client) -> None:
    head = {"code": "001", "name": "总行", "kind": "head_office"}
    assert as_ada.post(f"{BRANCHES}add/", head).status_code == 302
    root = Branch.objects.get()
    north = {"code": "101", "name": "城北支行", "kind": "sub_branch", "parent": root.pk}
    assert as_ada.post(f"{BRANCHES}add/", north).status_code == 302
    assert as_ada.post(f"{BRANCHES}add/", north).status_code == 200, "the code is taken"

    page = as_ada.get(BRANCHES).content.decode()
    assert page.index("总行") < page.index("城北支行")
    assert 'data-depth="1"' in page
    child = Branch.objects.get(code="101")
    given = {"name": "城南支行", "kind": "outlet", "code": "999"}
    assert as_ada.post(f"{BRANCHES}{child.pk}/change/", given).status_code == 302
    closing = {"_form_submitted": "true", "reason": "merged"}
    assert as_ada.post(f"{BRANCHES}{child.pk}/close/", closing).status_code == 302
    child.refresh_from_db()
    assert (child.name, child.code, child.is_open) == ("城南支行", "101", False)


def test_branch_staff_see_their_own_subtree(at_alpha: Client, bank: Any) -> None:
    head = make_branch("001")
    north, south = make_branch("101", head), make_branch("102", head)
    make_branch("1011", north)
    make_operator("bea", "branch", branch=north)
    at_alpha.post("/admin/login/", {"username": "bea", "password": PASSWORD})

    page = at_alpha.get(BRANCHES).content.decode()
    assert "Branch 101" in page
    assert "Branch 1011" in page
    assert "Branch 102" not in page
    assert "Branch 001" not in page
    assert at_alpha.get(f"{BRANCHES}{south.pk}/change/").status_code in {302, 403, 404}
    assert at_alpha.get(LIST).status_code == 403


# --- the permission report ------------------------------------------------------------------------


def test_the_report_names_everybody_with_what_they_may_do(as_ada: Client, mia: Operator) -> None:
    make_operator("gone", "checker", is_active=False)

    page = as_ada.get(REPORT).content.decode()

    for username in ("ada", "mia", "gone"):
        assert f">{username}</a>" in page


def test_the_report_comes_as_a_file_and_leaves_an_event(as_ada: Client, mia: Operator) -> None:
    Operator.objects.filter(pk=mia.pk).update(name="=cmd|calc")

    answer = as_ada.post(REPORT, {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}

    assert set(rows) >= {"ada", "mia"}
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value)
    event = AuditEvent.objects.get(event="operators.report_exported")
    assert event.after == {"format": "xlsx", "rows": 2}
    csv = b"".join(as_ada.post(REPORT, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert "'=cmd" in csv
    assert as_ada.post(REPORT, {"format": "exe"}).status_code == 403
