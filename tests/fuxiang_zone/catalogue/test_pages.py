"""The consoles' pages of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from fuxiang_zone.catalogue.models import Activation, ActivationApplication, ProductType
from operators.choices import BankRole, PlatformRole
from operators.models import Operator
from tenants.models import Bank
from tests.consoles.visitor import Visitor
from tests.fuxiang_zone.catalogue.making import NOW, applied, person, type_of

Enter = Callable[..., Visitor]
TYPES = "/admin/fuxiang_zone_catalogue/producttype/"
INBOX = "/admin/fuxiang_zone_catalogue/activationapplication/"
ROWS = {
    "fields_of_type-row": ["a", "b", "c"],
    "fields_of_type-a-label": "驿站名称", "fields_of_type-a-type": "text",
    "fields_of_type-a-required": "on", "fields_of_type-a-is_shown": "on",
    "fields_of_type-b-label": "月费", "fields_of_type-b-type": "money",
    "fields_of_type-b-least": "1.50", "fields_of_type-b-most": "2万",
    "fields_of_type-b-is_shown": "on", "fields_of_type-b-unit": "元",
    "fields_of_type-c-label": "服务", "fields_of_type-c-type": "choices",
    "fields_of_type-c-options": "取款\npay = 缴费\n\n", "fields_of_type-c-key": "services",
    "disclosures-row": ["x"], "disclosures-x-label": "收费公示", "disclosures-x-required": "on",
}  # fmt: skip
POST_OFFICE = {
    "code": "village_post", "name": "助农驿站", "english_name": "Village post",
    "category": "benefit", "icon": "storefront", "description": "", "note": "", "position": "13",
    "features": ["links"], **ROWS,
}  # fmt: skip


def maker_of(bank: Bank) -> Operator:
    with tenant_context(bank):
        return person(BankRole.MAKER, "writer")


def test_rows_typed_by_a_banker_become_the_schema_of_a_new_type(enter: Enter) -> None:
    visitor = enter(None, PlatformRole.OPERATOR)
    answer = visitor.post(f"{TYPES}add/", POST_OFFICE)

    assert answer.status_code == 302
    assert type_of("village_post").fields == [
        {"key": "field_1", "label": "驿站名称", "type": "text", "required": True},
        {"key": "field_2", "label": "月费", "type": "money", "least": 150, "most": 2_000_000},
        {"key": "services", "label": "服务", "type": "choices", "is_shown": False,
         "options": [{"value": "取款", "label": "取款"}, {"value": "pay", "label": "缴费"}]},
    ]  # fmt: skip
    assert type_of("village_post").disclosures[0]["code"] == "notice_1"


def test_the_editor_shows_a_schema_so_that_saving_it_again_changes_nothing(enter: Enter) -> None:
    visitor = enter(None, PlatformRole.OPERATOR)
    for kind in ProductType.objects.all():
        page = visitor.get(f"{TYPES}{kind.pk}/change/")
        form = page.context["adminform"].form
        data: dict[str, Any] = {
            name: form.initial.get(name) or "" for name in form.fields if name in form.initial
        }
        data |= typed(page.content.decode())
        assert visitor.post(f"{TYPES}{kind.pk}/change/", data).status_code == 302
        kept = ProductType.objects.get(pk=kind.pk)
        assert (kept.fields, kept.disclosures, kept.version) == (
            kind.fields, kind.disclosures, 1,
        )  # fmt: skip


def typed(page: str) -> dict[str, Any]:
    """What a browser would send of the rows on the page."""
    page = re.sub(r"<template>.*?</template>", "", page, flags=re.DOTALL)
    sent: dict[str, Any] = {}
    for name in ("fields_of_type", "disclosures"):
        sent[f"{name}-row"] = re.findall(rf'name="{name}-row" value="(\w+)"', page)
        for cell in re.findall(rf"<input[^>]*name=\"{name}-\w+-[^>]*>", page):
            key = re.search(r'name="([^"]+)"', cell)[1]  # type: ignore[index]
            value = re.search(r'value="([^"]*)"', cell)
            if 'type="checkbox"' not in cell:
                sent[key] = unescape(value[1]) if value else ""
            elif "checked" in cell:
                sent[key] = "on"
        for key, inner in re.findall(
            rf'<select[^>]*name="({name}-\w+-\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
        ):
            chosen = re.search(r'value="([^"]*)" selected', inner)
            sent[key] = chosen[1] if chosen else ""
        for key, inner in re.findall(
            rf'<textarea[^>]*name="({name}-\w+-\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
        ):
            sent[key] = unescape(inner)
    return sent


def test_a_wrong_row_is_marked_and_nothing_is_stored(enter: Enter) -> None:
    wrong = {**POST_OFFICE, "fields_of_type-b-least": "很多"}
    answer = enter(None, PlatformRole.OPERATOR).post(f"{TYPES}add/", wrong)

    assert answer.status_code == 200
    assert answer.content.decode().count("fx-row-wrong") == 1
    assert "很多" in answer.content.decode()
    assert not ProductType.objects.filter(code="village_post").exists()


@pytest.mark.parametrize("decimals", ["很多", "5", "9" * 5000])
def test_decimals_that_are_none_are_refused_not_forgotten(enter: Enter, decimals: str) -> None:
    wrong = {"fields_of_type-b-type": "percent", "fields_of_type-b-decimals": decimals}
    answer = enter(None, PlatformRole.OPERATOR).post(f"{TYPES}add/", {**POST_OFFICE, **wrong})

    assert answer.status_code == 200
    assert answer.content.decode().count("fx-row-wrong") == 1
    assert not ProductType.objects.filter(code="village_post").exists()


def test_the_preview_shows_form_and_phone_and_stores_nothing(enter: Enter) -> None:
    visitor = enter(None, PlatformRole.OPERATOR)
    page = visitor.post(f"{TYPES}preview/", POST_OFFICE).content.decode()

    assert "example_field_1" in page
    assert page.count("月费") == 2
    assert "缴费" not in page.partition("fx-phone-card")[2]
    assert (
        "<script"
        not in visitor.post(f"{TYPES}preview/", {**POST_OFFICE, "name": "<script>1</script>"})
        .content.decode()
        .partition("fx-phone-card")[2]
    )
    assert not ProductType.objects.filter(code="village_post").exists()


def test_a_type_is_offered_and_offered_no_more_by_an_action(enter: Enter) -> None:
    visitor = enter(None, PlatformRole.OPERATOR)
    visitor.post(f"{TYPES}add/", POST_OFFICE)
    pk = type_of("village_post").pk

    visitor.post(f"{TYPES}{pk}/offer/", {"_form_submitted": "1"})
    assert type_of("village_post").state == "open"
    visitor.post(f"{TYPES}{pk}/close/", {"_form_submitted": "1", "reason": "试点结束"})
    assert type_of("village_post").state == "closed"


# --- the bank ------------------------------------------------------------------------------------
CONTENT = {
    "reason": "客户需要", "person_in_charge": "李四", "phone": "0731-96518",
    "planned_on": "2099-01-01",
}  # fmt: skip


def test_a_bank_applies_on_the_types_page_and_the_platform_approves_in_its_inbox(
    alpha: Bank, enter: Enter
) -> None:
    bank = enter(alpha, BankRole.MAKER)
    assert "理财" in bank.get("/admin/zone-types/").content.decode()
    bank.post("/admin/zone-types/wealth/save/", {**CONTENT, "save": ""})
    bank.post("/admin/zone-types/wealth/save/", {**CONTENT, "reason": "三人持证", "submit": ""})
    row = ActivationApplication.objects.get()
    assert (row.state, row.reason) == ("submitted", "三人持证")

    platform = enter(None, PlatformRole.OPERATOR)
    assert platform.get(INBOX).context["cl"].result_count == 1
    platform.post(f"{INBOX}{row.pk}/decide/", {"verdict": "approve"})

    assert Activation.objects.filter(bank=alpha, product_type__code="wealth").exists()
    groups = bank.get("/admin/zone-types/").context["groups"]
    assert [each.type.code for each in groups[0][1]] == ["wealth"]


def test_an_incomplete_application_stays_a_draft_with_a_sentence_at_the_field(
    alpha: Bank, enter: Enter
) -> None:
    answer = enter(alpha, BankRole.MAKER).post(
        "/admin/zone-types/wealth/save/", {**CONTENT, "planned_on": "2020-01-01", "submit": ""}
    )

    assert answer.status_code == 200
    assert answer.context["form"].errors["planned_on"]
    assert ActivationApplication.objects.get().state == "draft"


def test_a_bank_withdraws_its_application(alpha: Bank, enter: Enter) -> None:
    row = applied(alpha, maker_of(alpha))
    enter(alpha, BankRole.MAKER).post("/admin/zone-types/wealth/withdraw/", {"comment": "再议"})

    row.refresh_from_db()
    assert (row.state, row.steps.last().text) == ("withdrawn", "再议")


def test_words_that_nobody_can_see_are_left_out_of_a_decision(alpha: Bank, enter: Enter) -> None:
    row = applied(alpha, maker_of(alpha))
    platform = enter(None, PlatformRole.OPERATOR)
    platform.post(f"{INBOX}{row.pk}/decide/", {"verdict": "return", "comment": "\x00"})
    row.refresh_from_db()
    assert row.state == "submitted"
    platform.post(f"{INBOX}{row.pk}/decide/", {"verdict": "return", "comment": "补\x00充"})

    row.refresh_from_db()
    assert (row.state, row.comment) == ("returned", "补充")


@pytest.mark.parametrize(
    "row", ["fields_of_type-c-options", "disclosures-x-label", "disclosures-x-help"]
)
def test_what_cannot_be_stored_is_refused_at_its_row(enter: Enter, row: str) -> None:
    answer = enter(None, PlatformRole.OPERATOR).post(f"{TYPES}add/", {**POST_OFFICE, row: "一\x00"})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not ProductType.objects.filter(code="village_post").exists()


def test_people_who_only_look_can_neither_apply_nor_decide(alpha: Bank, enter: Enter) -> None:
    row = applied(alpha, maker_of(alpha))
    viewer = enter(alpha, BankRole.VIEWER)
    page = viewer.get("/admin/zone-types/insurance/")
    assert (page.status_code, page.context["form"]) == (200, None)
    viewer.post("/admin/zone-types/insurance/save/", {**CONTENT, "submit": ""})
    enter(None, PlatformRole.AUDITOR).post(f"{INBOX}{row.pk}/decide/", {"verdict": "approve"})

    assert ActivationApplication.objects.count() == 1
    assert not Activation.objects.exists()


def test_another_banks_application_shows_nowhere_in_a_bank(
    alpha: Bank, beta: Bank, enter: Enter
) -> None:
    applied(alpha, maker_of(alpha), reason="甲行的秘密")
    visitor = enter(beta, BankRole.MAKER)

    for address in ("/admin/zone-types/", "/admin/zone-types/wealth/"):
        assert "甲行的秘密" not in visitor.get(address).content.decode()
    assert visitor.get(INBOX).status_code == 404


def test_a_draft_type_is_not_there_for_banks(alpha: Bank, enter: Enter) -> None:
    ProductType.objects.filter(code="wealth").update(state="draft")

    assert enter(alpha, BankRole.MAKER).get("/admin/zone-types/wealth/").status_code == 404


# --- adoption ------------------------------------------------------------------------------------
@pytest.fixture
def opened(alpha: Bank, beta: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(prefecture="长沙市")
    for bank, code in ((alpha, "wealth"), (alpha, "large_cd"), (beta, "large_cd")):
        Activation.objects.create(bank=bank, product_type=type_of(code), activated_at=NOW)


@pytest.mark.usefixtures("opened")
def test_adoption_adds_up_by_type_bank_and_prefecture(enter: Enter) -> None:
    found = enter(None, PlatformRole.AUDITOR).get("/admin/zone-adoption/").context["found"]

    by_type = {line.type.code: (line.banks, line.percent) for line in found.types if line.banks}
    assert by_type == {"wealth": (1, 50), "large_cd": (2, 100)}
    assert sum(line.count for line in found.banks) == found.openings == 3
    assert sum(line.total for line in found.prefectures) == Activation.objects.count()


@pytest.mark.usefixtures("opened")
def test_adoption_of_a_prefecture_is_shown_and_taken_out_as_a_file_with_an_event(
    enter: Enter, alpha: Bank
) -> None:
    visitor = enter(None, PlatformRole.AUDITOR)
    found = visitor.get("/admin/zone-adoption/?prefecture=长沙市").context["found"]
    assert ([line.bank for line in found.banks], found.openings) == ([alpha], 2)
    answer = visitor.post("/admin/zone-adoption/export/", {"format": "csv", "prefecture": "长沙市"})

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 3
    assert lines[1].startswith(alpha.name)
    event = AuditEvent.objects.get(event="fuxiang_zone_catalogue.adoption_exported")
    assert event.after["rows"] == 1


@pytest.mark.usefixtures("opened")
def test_a_bank_reads_the_same_number_of_banks_as_the_platform(
    enter: Enter, alpha: Bank, beta: Bank
) -> None:
    Bank.objects.filter(pk=beta.pk).update(status="closed")
    found = enter(None, PlatformRole.AUDITOR).get("/admin/zone-adoption/").context["found"]
    offer = enter(alpha, BankRole.VIEWER).get("/admin/zone-types/large_cd/").context["offer"]

    assert {line.type.code: line.banks for line in found.types}["large_cd"] == offer.banks == 1
