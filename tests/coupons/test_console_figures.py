from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from audit.models import AuditEvent
from coupons import events, expiring, figures, services
from coupons.choices import BatchState, CouponState, ReconciliationState
from coupons.expiring import Wanted
from coupons.figures import Subject
from coupons.life import actors
from coupons.models import Coupon, CouponTemplate, DayTotal, LedgerEntry, Reconciliation
from coupons.stock.shortage import read_low_stock
from coupons.terms.reading import SHANGHAI
from customers.histories import Wanted as HistoryWanted
from customers.histories import sources
from customers.models import Customer
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, people, stock
from tests.operators.people import make_branch

PAGE = "/admin/coupons/coupon/"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    cache.clear()
    with translation.override("en"):
        yield


def entry(template: CouponTemplate, at: datetime, action: str, **columns: Any) -> None:
    batch_id = columns.pop("batch_id", 1)
    LedgerEntry.objects.create(
        at=at, action=action, template=template, batch_id=batch_id, coupon_id=1, face_cents=500,
        actor_kind="customer", actor_name="C1", channel="app", **columns,
    )  # fmt: skip


def noon(days_ago: int) -> datetime:
    at = datetime.now(SHANGHAI) - timedelta(days=days_ago)
    return at.replace(hour=12, minute=0)


def test_closed_days_are_read_from_their_totals_and_the_others_from_the_ledger(bank: Any) -> None:
    template = live_template()
    today = figures.today()
    batch = stock(template, 1)
    for ago in (0, 1, 2):
        entry(template, noon(ago), "claim", accrued_cents=500)
        entry(template, noon(ago), "redeem", spent_cents=400, accrued_cents=-500)
        entry(template, noon(ago), "reverse", spent_cents=-100)
    closed = today - timedelta(days=2)
    Reconciliation.objects.create(
        day=closed, state=ReconciliationState.TIED_OUT, checked_at=timezone.now()
    )
    DayTotal.objects.create(
        day=closed, template=template, batch=batch, action="claim", count=70, face_cents=35_000
    )

    days = figures.figures_by_day(Subject(template.pk), last=today, days=4)

    assert [each.figures.claimed for each in days] == [1, 1, 70, 0]
    assert [each.figures.redeemed for each in days] == [1, 1, 0, 0]
    assert [each.figures.net_cents for each in days] == [300, 300, 0, 0]
    assert figures.total(days).claimed_cents == 36_000
    by_template = figures.figures_by_template(branch_path="", last=today, days=4)
    assert by_template[template.pk].claimed == 72
    assert figures.figures_by_day(Subject(template.pk + 1), last=today, days=1)[
        0
    ].figures == figures.Figures()  # fmt: skip


def test_the_turn_of_the_day_is_shanghais(bank: Any) -> None:
    template, today = live_template(), figures.today()
    midnight = datetime.combine(today, datetime.min.time(), SHANGHAI)
    entry(template, midnight, "claim")
    entry(template, midnight - timedelta(microseconds=1), "claim")

    days = figures.figures_by_day(Subject(template.pk), last=today, days=2)

    assert [each.figures.claimed for each in days] == [1, 1]


def test_the_figures_page_shows_a_table_and_hands_it_out(bank: Any) -> None:
    template = live_template()
    entry(template, noon(0), "claim", accrued_cents=500)
    client = sign_in(people()[0])

    page = client.get(f"{PAGE}figures/?template={template.pk}&days=7").content.decode()
    answer = client.post(f"{PAGE}figures/export/", {"template": template.pk, "days": "7"})

    assert 'data-value="1"' in page
    assert "data-coupon-days" in page
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 7
    assert rows[0]["Claimed"] == "1"
    seen = AuditEvent.objects.get(event=events.EXPORTED)
    assert seen.after == {"what": "figures", "template": template.pk, "days": 7, "rows": 7}


def test_a_branch_sees_the_figures_of_its_own_subtree(bank: Any) -> None:
    root = make_branch("F0")
    east, west = make_branch("F1", root), make_branch("F2", root)
    template = live_template()
    entry(template, noon(0), "claim", branch_path=east.path)
    entry(template, noon(0), "claim", branch_path=west.path)
    client = sign_in(make_operator("east", "branch", branch=east))

    page = client.get(f"{PAGE}figures/")

    assert page.context["total"].claimed == 1


# --- expiring soon --------------------------------------------------------------------------------
def test_what_expires_soon_is_grouped_and_listed_in_the_order_of_the_ends(bank: Any) -> None:
    now = timezone.now()
    first, second = live_template("T-A", title="Alpha"), live_template("T-B", title="Beta")

    def held(template: CouponTemplate, days: float, **columns: Any) -> None:
        columns = {"state": CouponState.CLAIMED, "customer_number": "C1"} | columns
        batch_state = columns.pop("batch_state", BatchState.LIVE)
        state = columns.pop("state")
        batch = stock(template, 1, state=batch_state, **columns)
        Coupon.objects.filter(batch=batch).update(
            state=state, valid_until=now + timedelta(days=days)
        )

    held(first, 5)
    held(first, 1)
    held(second, 6.9)
    held(second, 8)
    for state in (CouponState.STOCKED, CouponState.REDEEMED, CouponState.FROZEN):
        held(second, 2, state=state)
    held(second, 2, batch_state=BatchState.FROZEN)
    held(second, -1)

    soon = Wanted(7, now)
    assert [(g.title, g.count, g.face_cents) for g in expiring.expiring_groups(soon)] == [
        ("Alpha", 2, 1000), ("Beta", 1, 500),
    ]  # fmt: skip
    rows, place = expiring.expiring_page(soon)
    assert [row.valid_until for row in rows] == sorted(row.valid_until for row in rows)
    assert (len(rows), place) == (3, None)
    assert len(expiring.expiring_page(Wanted(30, now))[0]) == 4
    client = sign_in(people()[1])
    page = client.get(f"{PAGE}expiring/?days=7&template={second.pk}")
    assert [row.template_id for row in page.context["rows"]] == [second.pk]
    assert len(page.context["groups"]) == 2


def test_the_rows_that_expire_are_turned_page_by_page(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "PAGE_SIZE", 2)
    batch = stock(live_template(), 5)
    now = timezone.now()
    Coupon.objects.filter(batch=batch).update(state="claimed", valid_until=now + timedelta(days=2))
    client, seen, address = sign_in(people()[1]), [], f"{PAGE}expiring/"

    while address:
        page = client.get(address)
        seen += [row.pk for row in page.context["rows"]]
        following = page.context["next_page"]
        address = f"{PAGE}expiring/{following}" if following else ""

    assert seen == list(Coupon.objects.order_by("pk").values_list("pk", flat=True))


# --- running out ----------------------------------------------------------------------------------
def test_templates_below_a_tenth_or_without_stock_are_named(bank: Any) -> None:
    now = timezone.now()
    plenty, low, empty = (
        live_template(code, title=code) for code in ("T-PLENTY", "T-LOW", "T-EMPTY")
    )
    nothing = live_template("T-NOTHING", title="T-NOTHING")
    stock(plenty, 20)
    batch = stock(low, 20)
    ids = Coupon.objects.filter(batch=batch).values_list("pk", flat=True)
    Coupon.objects.filter(pk__in=list(ids)[1:]).update(state="redeemed")
    stock(empty, 20, valid_until=now + timedelta(seconds=1))
    stock(low, 50, state=BatchState.FROZEN)

    found = read_low_stock(now + timedelta(seconds=2))

    assert {(each.title, each.available, each.brought) for each in found} == {
        ("T-LOW", 1, 20), ("T-EMPTY", 0, 20), ("T-NOTHING", 0, 0),
    }  # fmt: skip
    assert nothing.pk in {each.template_id for each in found}
    page = sign_in(people()[1]).get(f"{PAGE}figures/").content.decode()
    assert "1 of 20 left" in page
    workbench = sign_in(people()[1]).get("/admin/").content.decode()
    assert "1 of 20 left" in workbench
    assert (
        "1 of 20 left"
        in sign_in(people()[1]).get("/admin/coupons/coupontemplate/").content.decode()
    )


# --- a customer's history -------------------------------------------------------------------------
def test_a_customers_history_holds_their_coupons(bank: Any) -> None:
    template = live_template("T-HIS", title="Five off")
    Customer.objects.create(number="C1")
    stock(template, 2)
    now = timezone.now()
    services.claim_coupon(
        actor=actors.customer("C1"), customer_number="C1", template_code="T-HIS", key="k1", at=now
    )
    coupon = Coupon.objects.get(state="claimed")
    services.redeem_coupon(
        actor=actors.customer("C1"), coupon_id=coupon.pk, customer_number="C1",
        order_cents=8000, scene="top_up", reference="O-1", key="k2", at=now,
    )  # fmt: skip
    read = next(source.reader for source in sources() if source.name == "coupon")

    lines = read(HistoryWanted("C1", 10))
    assert [(line.title, str(line.what)) for line in lines] == [
        ("Five off", "redeemed"), ("Five off", "claimed"),
    ]  # fmt: skip
    assert "reference O-1" in lines[0].details
    assert read(HistoryWanted("C1", 10, before=(lines[0].at, lines[0].key))) == lines[1:]
    assert read(HistoryWanted("C1", 1)) == lines[:1]
    assert read(HistoryWanted("C2", 10)) == []
