from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from fuxiang_zone.models import ProductAccount, ZoneProduct
from fuxiang_zone.sales.actors import customer
from fuxiang_zone.sales.services import reserve_units
from tests.approvals.people import make_operator, sign_in
from tests.fuxiang_zone.products.making import (
    WAN,
    created,
    large_cd,
    open_types,
    people,
    published,
    set_cap,
)
from tests.operators.people import make_branch

LIST = "/admin/fuxiang_zone/zoneproduct/"
ADD = f"{LIST}add/?type=large_cd"


@pytest.fixture
def maker(alpha: Any, bank: Any) -> Client:
    open_types(alpha, "large_cd", "wealth")
    return sign_in(people()[0])


def typed(**fields: Any) -> dict[str, Any]:
    """As the browser sends it."""
    start = timezone.localtime() + timedelta(hours=1)
    return {
        "title": "大额存单第3期", "summary": "", "opened_version": "1", "priority": "0",
        "value_issue": "第3期", "value_least_amount": "２０万", "value_step": "10,000元",
        "value_interest_paid": "maturity", "value_early": "true", "value_transferable": "false",
        "value_pledge": "", "rates-0-term": "3", "rates-0-unit": "year", "rates-0-from": "20万",
        "rates-0-to": "", "rates-0-rate": "２.15%", "rates-2-unit": "year", "quota": "1,000",
        "unit_cents": "200,000", "most_per_customer": "5", "hold_minutes": "15",
        "disclosure_deposit_insurance": "受存款保险保护。",
        "disclosure_early_withdrawal": "按活期计息。", "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": "", "sale_starts_at": "", "sale_ends_at": "", "branch": "",
        "rules": "先到先得。",
        **fields,
    }  # fmt: skip


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = answer.context["adminform"].form.errors
    return found


def test_a_maker_first_chooses_among_the_types_that_the_bank_has_opened(maker: Client) -> None:
    def offered(query: str) -> list[str]:
        return [info.code for info in maker.get(f"{LIST}add/{query}").context["types"]]

    assert offered("") == ["large_cd", "wealth"]
    assert offered("?type=insurance") == ["large_cd", "wealth"]


def test_what_is_typed_becomes_a_draft_exactly(maker: Client) -> None:
    answer = maker.post(ADD, typed())

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    draft = ZoneProduct.objects.get()
    assert draft.values == {
        "issue": "第3期", "least_amount": 20 * WAN, "step": WAN, "interest_paid": "maturity",
        "early": True, "transferable": False,
    }  # fmt: skip
    assert draft.rates == [
        {"term": 3, "unit": "year", "from_cents": 20 * WAN, "to_cents": None, "rate": "2.15"}
    ]
    assert (draft.quota, draft.unit_cents, draft.most_per_customer) == (1000, 20 * WAN, 5)
    assert draft.disclosures["deposit_insurance"] == "受存款保险保护。"


def test_a_form_that_is_opened_and_saved_changes_nothing(maker: Client) -> None:
    draft = created(large_cd(starts_at=timezone.now().replace(second=0, microsecond=0)))
    before = draft.render_payload()
    page = maker.get(f"{LIST}{draft.pk}/change/")
    form = page.context["adminform"].form
    assert [form[f"value_{key}"].initial for key in ("issue", "least_amount", "early")] == [
        "2026年第3期", 20 * WAN, True,
    ]  # fmt: skip
    words = page.content.decode()
    assert 'value="200,000.00"' in words
    assert 'value="1.95"' in words

    sent = typed(
        title=draft.title, summary=draft.summary, value_issue="2026年第3期",
        value_transferable="true", quota="300",
        starts_at=f"{timezone.localtime(draft.starts_at):%Y-%m-%dT%H:%M}",
        rules=draft.rules, opened_version=str(draft.version),
        **{f"disclosure_{code}": text for code, text in draft.disclosures.items()},
        **{
            f"rates-{row}-{cell}": text
            for row, rate in enumerate(draft.rates)
            for cell, text in (
                ("term", str(rate["term"])), ("unit", rate["unit"]), ("rate", rate["rate"]),
                ("from", f"{rate['from_cents'] / 100:,.2f}"),
                ("to", f"{rate['to_cents'] / 100:,.2f}" if rate["to_cents"] else ""),
            )
        },
    )  # fmt: skip
    assert maker.post(f"{LIST}{draft.pk}/change/", sent).status_code == 302

    draft.refresh_from_db()
    assert draft.render_payload() == before


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"rates-0-rate": "2.16"}, "rates", "2.16% is above"),
        ({"rates-0-rate": "x"}, "rates", "Row 1: the rate is a percentage"),
        ({"rates-0-from": "abc"}, "rates", "Row 1: say from which amount"),
        ({"rates-0-rate": "", "rates-0-from": "", "rates-0-term": ""}, "rates", "at least one"),
        (
            {"rates-1-term": "36", "rates-1-unit": "month", "rates-1-from": "30万",
             "rates-1-rate": "2"},
            "rates", "Rows 1 and 2 overlap",
        ),
        ({"value_least_amount": "1"}, "value_least_amount", "out of range"),
        ({"value_issue": ""}, "value_issue", "required"),
        ({"quota": "0"}, "quota", "out of range"),
        ({"quota": "4"}, "most_per_customer", "cannot have more units"),
        ({"unit_cents": "1.005"}, "unit_cents", "amount of money"),
        ({"sale_ends_at": "2020-01-01T00:00"}, "sale_ends_at", "before customers see"),
        ({"disclosure_early_withdrawal": " "}, "disclosure_early_withdrawal", "required"),
        ({"links-0": "function:gone"}, "links", "not there any more"),
        ({"links-0": "url:https://x.cn"}, "links", "no kind of link"),
        ({"links-0": "function:\x00"}, "links", "not there any more"),
        ({"rates-0-from": "1e99999999"}, "rates", "Row 1: say from which amount"),
        ({"starts_at": "0001-01-01T00:00"}, "starts_at", "a year from 2000 to 2999"),
        ({"ends_at": "9999-12-31T23:59"}, "ends_at", "a year from 2000 to 2999"),
        (
            {"starts_at": "2020-01-01T00:00", "sale_starts_at": "2020-01-01T08:00",
             "sale_ends_at": "2020-01-02T00:00"},
            "sale_ends_at", "The sale ended on 2020-01-02 00:00",
        ),
        (
            {"starts_at": "2020-01-01T00:00", "ends_at": "2020-01-02T00:00"},
            "ends_at", "The period ended on 2020-01-02 00:00",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(
    maker: Client, fields: dict[str, str], name: str, sentence: str
) -> None:
    set_cap("2.15")
    answer = maker.post(ADD, typed(**fields))

    assert sentence in str(errors(answer)[name])
    assert not ZoneProduct.objects.exists()


def test_what_was_typed_wrongly_stays_on_the_screen(maker: Client) -> None:
    words = maker.post(ADD, typed(**{"rates-0-rate": "wrong", "quota": "many"})).content.decode()

    assert 'value="wrong"' in words
    assert 'value="many"' in words


def test_who_may_only_look_reads_the_product_in_words(maker: Client) -> None:
    draft = created()
    viewer = sign_in(make_operator("zp-viewer", "viewer"))

    page = viewer.get(f"{LIST}{draft.pk}/change/").content.decode()

    assert "200,000.00 to below 500,000.00 yuan: 1.90%" in page
    assert 'name="title"' not in page
    assert viewer.get(f"{LIST}add/").status_code == 403


def test_branch_staff_see_and_change_their_own_products_only(maker: Client) -> None:
    mine, other = make_branch("B1"), make_branch("B2")
    own, foreign = created(large_cd(branch=mine)), created(large_cd(branch=other, title="Hidden"))
    writer = sign_in(make_operator("zp-writer", "branch", branch=mine))

    assert "Hidden" not in writer.get(LIST).content.decode()
    assert writer.get(f"{LIST}{own.pk}/change/").status_code == 200
    assert writer.get(f"{LIST}{foreign.pk}/change/").status_code == 302


def test_the_page_tells_what_is_taken_and_gives_it_as_a_file(maker: Client) -> None:
    draft = published()
    ProductAccount.objects.update(held=40, confirmed=60)

    page = maker.get(f"{LIST}{draft.pk}/change/").content.decode()
    assert "200 of 300 units left" in page
    assert "100 / 300" in maker.get(LIST).content.decode()
    file = maker.post(f"{LIST}{draft.pk}/figures/export/")
    text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]

    assert text.splitlines()[0].startswith("Date,Reserved (units)")
    assert len(text.splitlines()) == 31
    assert AuditEvent.objects.filter(event="fuxiang_zone.figures_exported").count() == 1
    viewer = sign_in(make_operator("zp-viewer", "viewer"))
    assert viewer.post(f"{LIST}{draft.pk}/figures/export/").status_code == 403


def test_units_held_past_their_time_are_left_on_every_page(maker: Client) -> None:
    now = timezone.now()
    draft = published(large_cd(quota=2, most_per_customer=None, starts_at=now - timedelta(hours=1)))
    reserve_units(
        actor=customer("C1"), product_uid=draft.uid, customer_number="C1", units=2, key="k",
        at=now - timedelta(minutes=30),
    )  # fmt: skip
    assert ProductAccount.objects.get().held == 2

    assert "2 of 2 units left" in maker.get(f"{LIST}{draft.pk}/change/").content.decode()
    words = maker.get(LIST).content.decode()
    assert "0 / 2" in words
    assert "sold out" not in words
    phone = maker.get(f"/preview/frame/?item={draft.uid}&page=product")
    assert (phone.context["sale"]["left"], phone.context["sale"]["refusal"]) == (2, "")


def test_another_bank_has_no_such_product(maker: Client, beta: Any) -> None:
    draft = created()
    with tenant_context(beta):
        stranger = sign_in(make_operator("zp-stranger", "maker"), "beta.localhost")
        answer = stranger.get(f"{LIST}{draft.pk}/change/")

    assert answer.status_code == 302
    assert answer["Location"] == "/admin/"
