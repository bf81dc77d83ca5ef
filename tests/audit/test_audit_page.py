from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context
from openpyxl import load_workbook

from audit import exports
from audit.models import AuditEvent
from audit.services import record
from operators.models import Branch, Operator
from tests.audit.conftest import HAPPENED
from tests.operators.people import make_branch, make_operator

LIST = "/admin/audit/auditevent/"
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1"]


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(host: str, operator: Operator) -> Client:
    client = Client(HTTP_HOST=host, headers={"accept-language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture
def ada(bank: Any) -> Operator:
    return make_operator("ada", "administrator")


@pytest.fixture
def page(ada: Operator) -> Client:
    return signed_in("alpha.localhost", ada)


def write(label: str, **details: Any) -> AuditEvent:
    return record(HAPPENED, **{"actor": None, "target_label": label} | details)


def labels(response: Any) -> list[str]:
    return [row.target_label for row in response.context["cl"].result_list]


def confirm(client: Client, file_format: str, query: str = "") -> Any:
    """What the dialog sends."""
    form = {"file_format": file_format, "_form_submitted": "1"}
    return client.post(f"{LIST}export/?{query}", form)


def export(client: Client, file_format: str, query: str = "") -> Any:
    response = confirm(client, file_format, query)
    assert response.status_code == 302, response.content.decode()
    return client.get(response["Location"])


def csv_rows(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_list_tells_what_happened_in_words_newest_first(page: Client, ada: Operator) -> None:
    write("older")
    write("newer", actor=ada, reason="because")

    response = page.get(f"{LIST}?event={HAPPENED}")

    assert labels(response) == ["newer", "older"]
    assert "because" in response.content.decode()
    assert "Ada (ada)" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=appl", ["apple"]),
        ("q=pple", []),
        ("q=Ada", ["pear"]),
        ("q=ADA", ["pear"]),
        ("operator=ada", ["pear"]),
        ("operator=-", ["apple"]),
        ("target_kind=tests.thing", ["pear"]),
        ("target_kind=tests.thing&target_id=7", ["pear"]),
        ("target_kind=tests.thing&target_id=8", []),
        ("at_from=2000-01-01&at_until=2000-01-02", []),
        ("at_from=2000-01-01", ["pear", "apple"]),
    ],
)
def test_the_list_is_narrowed_by_filters_and_by_the_beginning_of_a_name(
    page: Client, ada: Operator, query: str, found: list[str]
) -> None:
    write("apple")
    write("pear", actor=ada, target_kind="tests.thing", target_id="7")

    assert labels(page.get(f"{LIST}?event={HAPPENED}&{query}")) == found


def test_the_detail_page_shows_before_and_after(page: Client) -> None:
    event = write(
        "row",
        target_kind="operators.operator",
        before={"name": "<b>Old</b>", "phone": "1"},
        after={"name": "New", "phone": "1", "is_active": True},
    )

    text = page.get(f"{LIST}{event.id}/change/").content.decode()

    assert "<del>&lt;b&gt;Old&lt;/b&gt;</del>" in text
    assert "New</ins>" in text
    assert "<del>1</del>" not in text


def test_nothing_can_be_added_changed_or_deleted(page: Client) -> None:
    event = write("row")

    assert page.get(f"{LIST}add/").status_code == 403
    assert page.post(f"{LIST}{event.id}/change/", {"reason": "x"}).status_code == 403
    assert page.post(f"{LIST}{event.id}/delete/", {"post": "yes"}).status_code == 403
    page.post(LIST, {"action": "delete_selected", "_selected_action": [event.id], "post": "yes"})
    assert AuditEvent.objects.get(id=event.id).reason == ""


@pytest.mark.parametrize("role", ["maker", "viewer"])
def test_who_may_not_read_the_trail_is_refused(bank: Any, role: str) -> None:
    event = write("row")
    client = signed_in("alpha.localhost", make_operator("eve", role))

    for address in (LIST, f"{LIST}{event.id}/change/", f"{LIST}export/", f"{LIST}export/file/"):
        assert client.get(address).status_code in (302, 403), address
    assert confirm(client, "csv").status_code in (302, 403)


def test_a_bank_sees_its_own_trail_only(page: Client, beta: Any) -> None:
    with tenant_context(beta):
        elsewhere = write("of beta")
    connection.set_schema_to_public()
    write("of the platform")

    response = page.get(f"{LIST}?event={HAPPENED}")

    assert labels(response) == []
    assert page.get(f"{LIST}{elsewhere.id}/change/").status_code in (302, 404)


def test_the_platform_reads_its_own_trail(db: None, alpha: Any) -> None:
    auditor = make_operator("theo", "auditor")
    with tenant_context(alpha):
        write("of alpha")
    write("of the platform")

    response = signed_in("console.localhost", auditor).get(f"{LIST}?event={HAPPENED}")

    assert labels(response) == ["of the platform"]


@pytest.fixture
def branches(bank: Any) -> tuple[Branch, Branch]:
    head = make_branch("1")
    return make_branch("11", head), make_branch("12", head)


@pytest.fixture
def branch_reader(branches: tuple[Branch, Branch]) -> Client:
    """No seeded branch role reads the trail; a bank may make one that does."""
    from django.contrib.auth.models import Group, Permission

    operator = make_operator("bea", "branch", branch=branches[0])
    group = Group.objects.create(name="branch trail")
    codenames = ["view_auditevent", "export_auditevent"]
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    operator.groups.add(group)
    return signed_in("alpha.localhost", operator)


def test_a_branch_operator_reads_and_exports_the_own_subtree_only(
    branches: tuple[Branch, Branch], branch_reader: Client
) -> None:
    write("mine", branch=branches[0])
    other = write("other", branch=branches[1])
    write("whole bank")

    assert labels(branch_reader.get(f"{LIST}?event={HAPPENED}")) == ["mine"]
    assert labels(branch_reader.get(f"{LIST}?q=other")) == []
    assert branch_reader.get(f"{LIST}{other.id}/change/").status_code in (302, 403, 404)
    rows = csv_rows(export(branch_reader, "csv", f"event={HAPPENED}"))
    assert [row[7] for row in rows[1:]] == ["mine"]


def test_an_export_holds_what_the_list_shows_and_is_recorded(page: Client, ada: Operator) -> None:
    write("apple")
    write("pear", before={"a": "1"}, after={"a": "福"})

    rows = csv_rows(export(page, "csv", f"event={HAPPENED}&q=pea"))

    assert [row[7] for row in rows[1:]] == ["pear"]
    assert rows[1][11:13] == ['{"a":"1"}', '{"a":"福"}']
    trail = AuditEvent.objects.get(event="audit.exported")
    assert (trail.actor_id, trail.actor_username) == (ada.pk, "ada")
    assert trail.after == {"format": "csv", "rows": 1, "query": f"event={HAPPENED}&q=pea"}


def test_a_csv_opens_in_chinese_excel(page: Client) -> None:
    write("row")

    response = export(page, "csv")

    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbf")
    assert ".csv" in response["Content-Disposition"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(page: Client, text: str) -> None:
    write(text)

    rows = csv_rows(export(page, "csv", f"event={HAPPENED}"))

    assert rows[1][7] == f"'{text}"


def test_every_cell_of_a_workbook_is_text(page: Client) -> None:
    for text in [*FORMULAS, "123456789012345678901", "a\x07b"]:
        write(text)

    response = export(page, "xlsx", f"event={HAPPENED}")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active

    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    values = {row[7] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert {"=1+1", "＝1", "123456789012345678901", "a\N{REPLACEMENT CHARACTER}b"} <= values


def test_an_export_of_too_many_rows_is_refused_with_a_sentence(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "LIMIT", 2)
    for number in range(3):
        write(str(number))

    response = confirm(page, "csv", f"event={HAPPENED}")

    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert not AuditEvent.objects.filter(event="audit.exported").exists()


def test_an_export_is_read_in_batches_without_losing_a_row(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 3)
    moment = write("first").at
    for number in range(10):
        write(f"row {number}", at=moment)  # the same moment: the id decides

    rows = csv_rows(export(page, "csv", f"event={HAPPENED}"))

    assert sorted(row[7] for row in rows[1:]) == sorted(["first", *(f"row {n}" for n in range(10))])


def test_an_export_under_a_filter_that_does_not_exist_is_refused_with_a_sentence(
    page: Client,
) -> None:
    response = confirm(page, "csv", "no_such_column=1")

    assert response.status_code == 200
    assert response.context["form"].non_field_errors()


@pytest.mark.parametrize("ticket", ["", "nonsense"])
def test_a_file_without_the_confirmed_dialog_is_refused(page: Client, ticket: str) -> None:
    assert page.get(f"{LIST}export/file/?ticket={ticket}").status_code == 403


def test_an_export_that_grew_too_large_after_the_dialog_leads_back_to_the_list(
    page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = confirm(page, "csv")["Location"]
    monkeypatch.setattr(exports, "LIMIT", 0)
    write("one more")

    response = page.get(address, follow=True)

    assert response.redirect_chain == [(LIST, 302)]
    assert len(response.context["messages"]) == 1


def test_a_confirmed_export_is_for_who_confirmed_it(page: Client, bank: Any) -> None:
    other = signed_in("alpha.localhost", make_operator("bo", "administrator"))
    address = confirm(page, "csv")["Location"]

    assert other.get(address).status_code == 403
    assert page.get(address).status_code == 200


def test_the_list_costs_the_same_queries_for_one_event_and_for_twenty(
    page: Client, ada: Operator, django_assert_num_queries: Callable[..., Any]
) -> None:
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            page.get(f"{LIST}?event={HAPPENED}")
        return len([q for q in captured if "search_path" not in q["sql"]])

    write("one")
    page.get(LIST)
    with_one = cost()
    for number in range(19):
        write(str(number), actor=ada, target_kind="operators.operator")

    assert cost() == with_one
