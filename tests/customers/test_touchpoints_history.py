from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.models import ReadReceipt
from audit.models import AuditEvent
from customers import history, weeks
from customers.history import Cursor, Filters, open_history
from customers.models import Customer, Touchpoint
from customers.preferences import save_preferences
from operators.errors import NotAllowed
from tenants.platform import PLATFORM
from tests.approvals.people import edit_draft, make_draft, make_operator, publish, sign_in
from tests.customers.touchpoints import event, taken
from tests.operators.people import make_branch

NOON = datetime(2026, 11, 18, 12, 0, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def customer(bank: Any) -> Customer:
    return Customer.objects.create(number="C1", masked_name="张*三", branch=make_branch("N01"))


def address(customer: Customer, query: str = "") -> str:
    return f"/admin/customers/customer/{customer.pk}/shown/{query}"


def page_of(customer: Customer, query: str = "") -> str:
    operator = make_operator(f"max{uuid4().hex[:6]}", "maker")
    answer = sign_in(operator).get(address(customer, query))
    assert answer.status_code == 200
    return answer.content.decode()


def views() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event="customers.history_viewed"))


def announcement_of(uid: UUID, **fields: Any) -> Any:
    return event(item_uid=uid, item_kind="announcement", placement="", **fields)


def test_the_page_says_what_was_shown_when_where_and_by_whom(customer: Customer) -> None:
    maker, checker = make_operator("mia", "maker"), make_operator("chen", "checker")
    draft = make_draft(maker, "Old words")
    publish(maker, checker, draft)
    publish(maker, checker, edit_draft(maker, draft, title="New words"))
    taken(
        announcement_of(draft.uid, item_version=1, occurred_at=NOON),
        announcement_of(draft.uid, item_version=2, occurred_at=NOON, kind="click"),
        reported_by="网点大屏",
    )
    taken(event(occurred_at=NOON, kind="close", placement="popup"))
    taken(event(occurred_at=NOON, customer_number="C2", placement="splash"))

    text = page_of(customer)

    assert text.count("2026-11-18 12:00:05") == 3
    assert "Old words" in text
    assert "New words" in text
    assert text.count("网点大屏") == 2
    assert "mobile app" in text
    assert "unknown content" in text
    assert "popup" in text
    assert "splash screen" not in text


def test_the_provinces_items_have_their_titles_too(customer: Customer) -> None:
    with tenant_context(PLATFORM):
        maker = make_operator("pia", "operator")
        draft = make_draft(maker, "For the whole province")
        publish(maker, make_operator("carl", "compliance_reviewer"), draft)
    taken(announcement_of(draft.uid))
    ReadReceipt.objects.create(
        announcement_uid=draft.uid, customer_number="C1", publication_version=1, read_at=NOON
    )

    assert page_of(customer).count("For the whole province") == 2


def test_choices_and_read_receipts_stand_there_as_well(customer: Customer) -> None:
    uid = uuid4()
    ReadReceipt.objects.create(
        announcement_uid=uid, customer_number="C1", publication_version=3, read_at=NOON
    )
    ReadReceipt.objects.create(
        announcement_uid=uid, customer_number="C2", publication_version=4, read_at=NOON
    )
    assert "changed nothing of the app" in page_of(customer)
    save_preferences(
        customer_number="C1", choices={"mode": "senior", "functions": ["x-pay"]}, at=NOON
    )

    text = page_of(customer)

    assert "confirmed reading" in text
    assert "version 3" in text
    assert "version 4" not in text
    assert "senior mode" in text
    assert "x-pay" in text


def test_days_and_kind_narrow_the_page(customer: Customer) -> None:
    for day in range(3):
        for kind in ("impression", "click"):
            taken(event(occurred_at=NOON - timedelta(days=day), kind=kind))
    ReadReceipt.objects.create(
        announcement_uid=uuid4(), customer_number="C1", publication_version=1, read_at=NOON
    )

    def found(query: str) -> list[str]:
        return re.findall(r"2026-11-\d\d 12:00:05", page_of(customer, query))

    assert len(found("")) == 7
    assert found("?first=2026-11-17&last=2026-11-17") == ["2026-11-17 12:00:05"] * 2
    assert len(found("?kind=click")) == 3
    assert len(found("?first=2026-11-17&kind=impression")) == 2
    assert len(found("?kind=receipt")) == 1


def test_bad_filters_are_a_sentence_and_no_failure(customer: Customer) -> None:
    assert "Write dates like" in page_of(customer, "?first=yesterday")
    assert "Write dates like" in page_of(customer, "?last=2026-02-30")
    assert "lies behind" in page_of(customer, "?first=2026-11-18&last=2026-11-17")
    for query in ("?kind=x", "?after=x", "?after=2026-11-18T00:00:00~touchpoint~x", "?after=%00"):
        assert page_of(customer, query)


def all_pages(customer: Customer, operator: Any, kind: str = "") -> list[list[Any]]:
    pages, after = [], None
    while True:
        page = open_history(
            actor=operator, customer=customer, filters=Filters(kind=kind, after=after)
        )
        pages.append(page.lines)
        if not page.next_after:
            return pages
        after = Cursor.parse(page.next_after)


def test_pages_follow_each_other_without_gap_or_repetition(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE_SIZE", 7)
    moments = [NOON - timedelta(days=day) for day in (0, 0, 0, 0, 1, 8, 9)]
    taken(*(event(occurred_at=moment) for moment in moments * 5))
    for moment in moments * 2:
        ReadReceipt.objects.create(
            announcement_uid=uuid4(), customer_number="C1", publication_version=1, read_at=moment
        )
    operator = make_operator("max", "maker")

    pages = all_pages(customer, operator)

    lines = [line for page in pages for line in page]
    assert [len(page) for page in pages] == [7] * 7
    assert len({line.key for line in lines}) == 49
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert sum(map(len, all_pages(customer, operator, "impression"))) == 35
    assert sum(map(len, all_pages(customer, operator, "receipt"))) == 14


def test_each_look_is_on_record_once(customer: Customer) -> None:
    viewer = make_operator("max", "maker")
    client = sign_in(viewer)

    client.get(address(customer, "?kind=click&first=2026-11-01"))

    (seen,) = views()
    assert (seen.actor_username, seen.target_label) == ("max", "C1")
    assert seen.after["kind"] == "click"
    assert seen.after["first_day"] == "2026-11-01"
    client.get(f"/admin/customers/customer/{customer.pk}/change/")
    assert len(views()) == 1
    client.get(address(customer))
    assert len(views()) == 2


def test_only_those_with_the_permission_look_and_only_at_their_branch(customer: Customer) -> None:
    link = address(customer)
    own = make_operator("nora", "branch", branch=customer.branch)
    other = make_operator("otto", "branch", branch=make_branch("S01"))
    viewer = make_operator("vera", "viewer")
    change = f"/admin/customers/customer/{customer.pk}/change/"

    assert sign_in(own).get(link).status_code == 200
    assert link in sign_in(own).get(change).content.decode()
    assert sign_in(other).get(link).status_code == 404
    assert sign_in(viewer).get(link).status_code == 403
    assert link not in sign_in(viewer).get(change).content.decode()
    assert sign_in(make_operator("ada", "administrator")).get(link).status_code in {403, 404}
    assert sign_in(own).post(link).status_code == 405
    assert len(views()) == 1
    for stranger in (other, viewer):
        with pytest.raises(NotAllowed):
            open_history(actor=stranger, customer=customer, filters=Filters())


def fill(rows: int) -> None:
    """Touchpoints of many customers over 20 weeks, past the counters."""
    now = timezone.now()
    weeks.make_weeks(weeks.week_of(now - timedelta(weeks=back)) for back in range(21))
    batch = [
        Touchpoint(
            event_id=UUID(int=number + 1), customer_number=f"C{number % 50}", kind="impression",
            item_kind="ad", item_uid=UUID(int=number % 9 + 1), placement="splash",
            occurred_at=now - timedelta(minutes=number * 200_000 // rows), received_at=now,
        )
        for number in range(rows)
    ]  # fmt: skip
    Touchpoint.objects.bulk_create(batch, batch_size=2_000)


def test_a_page_reads_along_the_index_however_much_there_is(customer: Customer) -> None:
    fill(20_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_touchpoint")
    operator = make_operator("max", "maker")
    after = Cursor(timezone.now() - timedelta(weeks=9), "touchpoint", UUID(int=1))

    with CaptureQueriesContext(
        connection,
    ) as asked:
        open_history(actor=operator, customer=customer, filters=Filters(after=after))

    (statement,) = [
        query["sql"] for query in asked if 'FROM "customers_touchpoint"' in query["sql"]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, COSTS OFF) {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    read = sum(int(float(n)) for n in re.findall(r"Scan.*\(actual rows=([\d.]+)", plan))
    assert "Seq Scan" not in plan, plan
    assert read <= 3 * history.PAGE_SIZE, plan
    # What came later than the page begins is not looked at.
    assert weeks.name_of(weeks.week_of(timezone.now())) not in plan
