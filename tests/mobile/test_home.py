from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.catalogue.models import AppFunction
from announcements.models import ReadReceipt
from customers.models import Customer
from fuxiang_zone.catalogue.models import Activation, ProductType
from publishing.services import withdraw_now
from tenants.platform import PLATFORM
from tests.approvals.people import make_draft, make_operator, publish
from tests.mobile.phones import HOME, Phone
from tests.operators.people import make_branch

NOT_OURS = re.compile(r"search_path|tenants_(schemaversion|bank|domain)|SAVEPOINT", re.IGNORECASE)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What a request asks the database, the bank's host and the search path left out."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured if not NOT_OURS.search(query["sql"])]


def publish_for_the_province(title: str = "For all", **fields: Any) -> Any:
    with tenant_context(PLATFORM):
        maker = make_operator("pia", "operator")
        checker = make_operator("carl", "compliance_reviewer")
        draft = make_draft(maker, title, **fields)
        publish(maker, checker, draft)
    return draft


def test_the_home_of_a_bank_has_the_agreed_form(maker: Any, checker: Any, alpha: Any) -> None:
    AppFunction.objects.create(code="x-pay", name="Pay", group="life", position=1)
    AppFunction.objects.create(
        code="x-large", name="Large", group="life", in_senior_mode=True, position=2
    )
    kind = ProductType.objects.create(code="x-cd", name="CD", category="deposit")
    Activation.objects.create(product_type=kind, bank=alpha, activated_at=timezone.now())
    ProductType.objects.create(code="x-other", name="Not opened", category="loan")
    draft = make_draft(maker, must_read=True, body="<p>The mobile bank rests.</p>")
    publish(maker, checker, draft)

    home = Phone().home()

    assert list(home) == [
        "edition", "skin", "palette", "mode", "choices", "functions", "placements",
        "announcements", "zone", "campaigns",
    ]  # fmt: skip
    assert re.fullmatch("[0-9a-f]{64}", home["edition"])
    assert (home["skin"], home["mode"], home["campaigns"]) == (alpha.skin, "standard", [])
    assert {"code": "x-pay", "name": "Pay", "group": "life", "locked": False} in home["functions"]
    assert home["zone"] == [
        {"code": "x-cd", "name": "CD", "category": "deposit", "products": 0, "headline": ""}
    ]
    placements = ("splash", "home_banner", "popup", "floating", "zone_banner")
    assert home["placements"] == {placement: [] for placement in placements}
    item = home["announcements"][0]
    assert item.pop("starts_at").endswith("Z")
    assert item.pop("published_at").endswith("Z")
    assert item == {
        "id": str(draft.uid), "version": 1, "title": draft.title,
        "summary": "The mobile bank rests.", "pinned": False, "must_read": True, "read": False,
        "scope": "bank", "ends_at": None,
    }  # fmt: skip


def test_senior_mode_has_its_own_functions(bank: Any) -> None:
    AppFunction.objects.create(code="x-pay", name="Pay", group="life")
    AppFunction.objects.create(code="x-large", name="Large", group="life", in_senior_mode=True)

    home = Phone().home("?mode=senior")

    assert home["mode"] == "senior"
    codes = {function["code"] for function in home["functions"]}
    assert "x-large" in codes
    assert "x-pay" not in codes


def test_a_warm_home_costs_one_statement_and_a_visitors_none(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, must_read=True))
    phone, visitor = Phone(), Phone(number=None)
    phone.home()

    with statements() as asked:
        phone.home()
    assert len(asked) == 1
    assert '"b_alpha".customers_customer' in asked[0]

    with statements() as asked:
        visitor.home()
    assert asked == []


def test_nothing_unapproved_is_shown(maker: Any, bank: Any) -> None:
    make_draft(maker)

    assert Phone().titles() == []


def test_scheduled_live_and_ended_follow_from_the_clock(maker: Any, checker: Any) -> None:
    now = timezone.now()
    draft = make_draft(maker, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    publish(maker, checker, draft)
    phone = Phone(exp=int(now.timestamp()) + 90_000)

    shown = {}
    for minutes in (0, 59, 60, 119, 120):
        with time_machine.travel(now + timedelta(minutes=minutes, seconds=1), tick=False):
            shown[minutes] = len(phone.titles())

    assert shown == {0: 0, 59: 0, 60: 1, 119: 1, 120: 0}


def test_pinned_come_first_then_by_priority_then_the_newest(maker: Any, checker: Any) -> None:
    now = timezone.now()
    for minutes, title, fields in [
        (1, "old", {}),
        (2, "new", {}),
        (3, "low", {"priority": -1}),
        (4, "high", {"priority": 5}),
        (5, "pinned", {"is_pinned": True}),
    ]:
        draft = make_draft(maker, title, starts_at=now - timedelta(days=1), **fields)
        publish(maker, checker, draft, at=now - timedelta(hours=1) + timedelta(minutes=minutes))

    assert Phone().titles() == ["pinned", "high", "new", "old", "low"]


def test_a_branchs_announcement_reaches_its_customers_only(maker: Any, checker: Any) -> None:
    north, south = make_branch("N01"), make_branch("S01")
    outlet = make_branch("N011", north)
    for number, branch in [("CN", north), ("CO", outlet), ("CS", south), ("C0", None)]:
        Customer.objects.create(number=number, branch=branch)
    publish(maker, checker, make_draft(maker, "north", branch=north))
    publish(maker, checker, make_draft(maker, "whole bank"))

    shown = {number: sorted(Phone(number=number).titles()) for number in ("CN", "CO", "CS", "C0")}

    both, whole = ["north", "whole bank"], ["whole bank"]
    assert shown == {"CN": both, "CO": both, "CS": whole, "C0": whole}
    assert Phone(number=None).titles() == whole
    assert Phone(number="UNKNOWN").titles() == whole


def test_a_province_wide_announcement_stands_in_every_banks_home(alpha: Any, beta: Any) -> None:
    before = Phone("alpha").home()["edition"]
    publish_for_the_province("For all")

    for bank in ("alpha", "beta"):
        home = Phone(bank).home()
        assert [(each["title"], each["scope"]) for each in home["announcements"]] == [
            ("For all", "province")
        ]
    assert Phone("alpha").home()["edition"] != before


def test_one_bank_does_not_show_anothers(maker: Any, checker: Any, beta: Any) -> None:
    publish(maker, checker, make_draft(maker, "alpha's own"))

    assert Phone("alpha").titles() == ["alpha's own"]
    assert Phone("beta").titles() == []


def test_a_suspended_bank_catches_up_when_it_returns(alpha: Any) -> None:
    from tenants.services import change_bank_status

    platform_admin = None
    with tenant_context(PLATFORM):
        platform_admin = make_operator("root", "operator")
        change_bank_status(actor=platform_admin, bank=alpha, status="suspended", reason="test")
    publish_for_the_province("Meanwhile")
    assert Phone().get(HOME).status_code in {403, 503}

    with tenant_context(PLATFORM):
        alpha.refresh_from_db()
        change_bank_status(actor=platform_admin, bank=alpha, status="active", reason="test")

    assert Phone().titles() == ["Meanwhile"]


def test_a_withdrawn_announcement_is_gone_at_once(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)
    assert Phone().titles() == [draft.title]

    withdraw_now(actor=checker, kind="announcement", target_id=draft.uid, reason="wrong")

    assert Phone().titles() == []


def test_the_etag_answers_304_until_the_answer_changes(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, "first"))
    phone = Phone()
    first = phone.get(HOME)
    etag = first.headers["ETag"]
    assert etag.startswith('"')
    assert first.headers["Cache-Control"] == "private, no-cache"

    same = phone.get(HOME, **{"If-None-Match": f'"other", {etag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert phone.get(HOME, **{"If-None-Match": '"other"'}).status_code == 200

    publish(maker, checker, make_draft(maker, "second"))
    assert phone.get(HOME, **{"If-None-Match": etag}).status_code == 200


def test_the_etag_depends_on_who_asks(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, must_read=True)
    publish(maker, checker, draft)
    ReadReceipt.objects.create(
        announcement_uid=draft.uid, customer_number="READER", publication_version=1,
        read_at=timezone.now(),
    )  # fmt: skip

    reader, other = Phone(number="READER"), Phone(number="OTHER")

    assert reader.get(HOME).headers["ETag"] != other.get(HOME).headers["ETag"]
    assert reader.home()["announcements"][0]["read"] is True


def test_another_moment_is_shown_to_preview_tokens_alone(maker: Any, checker: Any) -> None:
    now = timezone.now()
    publish(maker, checker, make_draft(maker, "later", starts_at=now + timedelta(days=2)))
    in_three_days = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    yesterday = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    preview = Phone(preview=True)

    assert preview.titles() == []
    assert preview.titles(f"?at={in_three_days}") == ["later"]
    assert preview.titles(f"?at={yesterday}") == []
    refused = Phone().get(f"{HOME}?at={in_three_days}")
    assert (refused.status_code, refused.json()["code"]) == (403, "preview_only")


@pytest.mark.parametrize("query", ["?mode=kids", "?at=tomorrow", "?at=2026-13-01T00:00:00Z"])
def test_a_bad_query_is_a_sentence(bank: Any, query: str) -> None:
    answer = Phone(preview=True).get(HOME + query)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_audience_that_cannot_be_evaluated_excludes(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_draft(maker, audience={"groups": ["loan"]}))

    assert Phone().titles() == []


def test_ids_are_those_of_the_console(maker: Any, checker: Any) -> None:
    draft = make_draft(maker)
    publish(maker, checker, draft)

    assert UUID(Phone().home()["announcements"][0]["id"]) == draft.uid


def test_a_bank_created_later_has_the_provinces_announcement(alpha: Any) -> None:
    from tenants.services import provision_bank

    publish_for_the_province("Before its time")
    connection.set_schema_to_public()
    provision_bank(slug="gamma", name="Gamma Bank")

    assert Phone("gamma").titles() == ["Before its time"]
