"""Answers, edits and templates at once: real transactions on a bank of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from approvals.errors import AlreadyInReview
from approvals.models import Request
from approvals.services import approve_request
from audit.models import AuditEvent
from publishing import locks
from publishing import services as publishing
from publishing.choices import Standing
from publishing.errors import EditConflict
from publishing.governed import reading, services
from publishing.governed.errors import NothingWaits, SettingLocked
from publishing.models import BankSettings, TemplateAnswer
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank
from tests.publishing.governed import GROUP, NAME, BankStaff, Province, registered, rule

COLOURS = ("red", "green", "blue")
# What a province that really commits leaves behind in public, in an order that keys allow.
LEFT_BEHIND = (
    "publishing_offers_templatestanding", "publishing_publication", "publishing_edition",
    "publishing_editionhead", "approvals_decision", "approvals_request",
    "publishing_provincetemplate",
)  # fmt: skip


@pytest.fixture
def racing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bank]:
    # A choice of tests none of which asks for ``db`` leaves the connection on the real database.
    assert str(connection.settings_dict["NAME"]).startswith("test_"), "choose the whole file"
    with django_db_blocker.unblock(), registered(), racing_bank() as bank:
        try:
            yield bank
        finally:
            clear_province()


@pytest.fixture
def province(racing: Bank) -> Province:
    return Province()


@pytest.fixture
def staff(racing: Bank) -> BankStaff:
    return BankStaff(make_operator("mia", "maker"), make_operator("chen", "checker"))


def clear_province() -> None:
    with tenant_context(PLATFORM), connection.cursor() as cursor:
        for table in LEFT_BEHIND:
            cursor.execute(f"DELETE FROM public.{table}")  # noqa: S608 - our own words
        cursor.execute("DELETE FROM audit_chainlink WHERE chain = 'publication'")
        cursor.execute("""
            DELETE FROM operators_operator_groups WHERE operator_id IN
                (SELECT id FROM operators_operator WHERE username LIKE 'province.%')
        """)
        cursor.execute("DELETE FROM operators_operator WHERE username LIKE 'province.%'")


def test_of_ten_first_looks_one_makes_the_draft(racing: Bank, staff: BankStaff) -> None:
    answers = at_once(
        racing, *[partial(services.begin_settings, actor=staff.maker, name=NAME)] * 10
    )

    assert {answer.pk for answer in answers} == {BankSettings.objects.get().pk}
    assert AuditEvent.objects.filter(event="publishing.settings_begun").count() == 1


def test_of_ten_acceptances_one_goes_to_review(
    racing: Bank, province: Province, staff: BankStaff
) -> None:
    province.publish(colour=rule("default", "blue"))
    makers = [make_operator(f"maker{number}", "maker") for number in range(10)]

    answers = at_once(
        racing,
        *[partial(services.accept_template, actor=maker, name=NAME) for maker in makers],
    )

    landed = [answer for answer in answers if isinstance(answer, Request)]
    others = [answer for answer in answers if not isinstance(answer, Request)]
    assert len(landed) == 1
    assert {type(answer) for answer in others} <= {AlreadyInReview, EditConflict}
    assert (Request.objects.pending().count(), TemplateAnswer.objects.count()) == (1, 1)
    assert landed[0].payload["payload"]["accepted"]["version"] == 1


def test_of_ten_put_offs_one_is_kept(racing: Bank, province: Province, staff: BankStaff) -> None:
    province.publish(colour=rule("default", "blue"))
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))

    answers = at_once(
        racing,
        *[partial(services.defer_template, actor=staff.maker, name=NAME, reason="later")] * 10,
    )

    assert sum(isinstance(answer, NothingWaits) for answer in answers) == 9
    assert TemplateAnswer.objects.count() == 1


def test_an_acceptance_takes_one_template_whole_while_another_is_published(
    racing: Bank, province: Province, staff: BankStaff
) -> None:
    province.publish(**whole(0))
    staff.publish(motto="ours")
    published = {}
    for number in range(1, 12, 2):
        waits = province.publish(**whole(number))
        published[waits], next_one = whole(number), whole(number + 1)

        accepted, following = at_once(
            racing,
            partial(services.accept_template, actor=staff.maker, name=NAME),
            partial(province.publish, **next_one),
        )

        published[following] = next_one
        taken = accepted.payload["payload"]["accepted"]
        assert taken["version"] in (waits, following)
        assert taken["settings"] == {**published[taken["version"]], "count": {"lock": "free"}}
        approve_request(actor=staff.checker, request_id=accepted.pk)
        expected = Standing.ACCEPTED if taken["version"] == following else Standing.WAITS
        assert reading.standing(NAME).state == expected
        assert reading.effective_values(NAME) == resolved_from_editions()


def test_a_lock_holds_whichever_comes_first_the_approval_or_the_lock(
    racing: Bank, province: Province, staff: BankStaff
) -> None:
    for number in range(6):
        province.publish(colour=rule("free"), motto=rule("free", f"round {number}"))
        request = staff.submit(colour="green", motto=f"ours {number}")

        approval, locked = at_once(
            racing,
            partial(approve_request, actor=staff.checker, request_id=request.pk),
            partial(province.publish, colour=rule("locked", "blue")),
        )

        assert isinstance(locked, int)
        assert isinstance(approval, Request | SettingLocked)
        assert reading.effective_values(NAME)["colour"] == "blue"
        assert resolved_from_editions()["colour"] == "blue"


def whole(number: int) -> dict[str, Any]:
    """Two settings that belong together: a mixture would show."""
    return {
        "colour": rule("default", COLOURS[number % 3]),
        "motto": rule("free", f"round {number}"),
    }


def resolved_from_editions() -> dict[str, Any]:
    own = _payload(publishing.current_edition(), locks.SETTINGS_KIND)
    with tenant_context(PLATFORM):
        template = _payload(publishing.current_edition(), locks.TEMPLATE_KIND)
    return locks.effective(GROUP, template, own)


def _payload(edition: Any, kind: str) -> Any:
    found = [item["payload"] for item in edition.document["items"] if item["kind"] == kind]
    return found[0] if found else None


def test_races_leave_nothing_in_public(db: None) -> None:
    left = {}
    for table in LEFT_BEHIND:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM public.{table}")  # noqa: S608 - our own words
            left[table] = cursor.fetchone()[0]

    assert left == dict.fromkeys(LEFT_BEHIND, 0)
