from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.ads import schedules
from announcements.ads.models import Ad
from announcements.ads.schedules import Board, Load
from tenants.platform import PLATFORM
from tests.announcements.ads import make_ad, make_picture, make_placements
from tests.approvals.people import make_operator, publish, sign_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAGE = "/admin/announcements_ads/ad/calendar/"
# A month that is still to come, so that everything published in it is scheduled.
FIRST = (timezone.localdate().replace(day=1) + timedelta(days=70)).replace(day=1)

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def placements(bank: Any) -> None:
    make_placements()


def on(day: int, hour: int = 0) -> datetime:
    return datetime(FIRST.year, FIRST.month, day, hour, tzinfo=SHANGHAI)


def banner(operator: Any) -> Board:
    boards = schedules.boards(operator=operator, first=FIRST, days=28, at=timezone.now())
    return next(board for board in boards if board.rules.code == "home_banner")


def load(board: Board, day: int) -> tuple[int, str]:
    found: Load = board.loads[day - 1]
    return found.ads, found.mark


def test_bars_stand_on_their_days_in_the_first_free_lane(maker: Any, checker: Any) -> None:
    spans = {"a": (3, 6), "b": (5, 9), "c": (6, 7), "d": (1, 28)}
    for title, (first, last) in spans.items():
        ends = on(last) if title != "d" else on(last) + timedelta(days=9)
        starts = on(first) - timedelta(days=4) if title == "d" else on(first)
        publish(maker, checker, make_ad(maker, title=title, starts_at=starts, ends_at=ends))

    board = banner(maker)

    # Until midnight of the 6th is the 5th's last moment.
    assert {bar.title: (bar.first, bar.last, bar.lane) for bar in board.bars} == {
        "d": (1, 28, 1), "a": (3, 5, 2), "b": (5, 8, 3), "c": (6, 6, 2),
    }  # fmt: skip
    assert [(bar.begins_before, bar.goes_on) for bar in board.bars if bar.title == "d"] == [
        (True, True)
    ]
    assert board.lanes == 3
    assert [load(board, day)[0] for day in (2, 3, 5, 6, 9)] == [1, 2, 3, 3, 1]


def test_a_day_without_hours_does_not_count(maker: Any, checker: Any) -> None:
    hours = [{"days": [on(3).isoweekday()], "from": "09:00", "until": "12:00"}]
    ad = make_ad(maker, starts_at=on(2), ends_at=on(5), windows=hours)
    publish(maker, checker, ad)

    assert [load(banner(maker), day)[0] for day in (2, 3, 4)] == [0, 1, 0]


def test_more_ads_than_slots_take_turns_or_wait(maker: Any, checker: Any) -> None:
    """Five slots, of which the second is the province's."""
    period = {"starts_at": on(3), "ends_at": on(4)}
    publish(maker, checker, make_ad(maker, slot=1, **period))
    for _number in range(4):
        publish(maker, checker, make_ad(maker, **period))
    assert load(banner(maker), 3) == (5, "")

    publish(maker, checker, make_ad(maker, **period))
    assert load(banner(maker), 3) == (6, "rotation")

    for ad in Ad.objects.filter(slot=None)[:2]:
        Ad.objects.filter(pk=ad.pk).update(priority=-5)
    for _number in range(4):
        publish(maker, checker, make_ad(maker, priority=9, **period))
    assert load(banner(maker), 3) == (10, "waiting")
    assert load(banner(maker), 4) == (0, "")


def test_drafts_and_house_ads_fill_no_slot(maker: Any, checker: Any) -> None:
    make_ad(maker, starts_at=on(3))
    publish(maker, checker, make_ad(maker, starts_at=on(3), is_house=True))

    board = banner(maker)

    assert len(board.bars) == 2
    assert load(board, 5) == (0, "")


def test_a_draft_that_asks_for_a_kept_slot_is_said_in_words(maker: Any, checker: Any) -> None:
    publish(maker, checker, make_ad(maker, title="First", slot=1, starts_at=on(3)))
    make_ad(maker, title="Second", slot=1, starts_at=on(5))
    make_ad(maker, title="Third", slot=3, starts_at=on(5))

    board = banner(maker)

    assert board.clashes == ["Slot 1: “First” and “Second” ask for it at the same time."]
    assert {bar.title: bar.clashes for bar in board.bars} == {
        "First": ["Second"], "Second": ["First"], "Third": [],
    }  # fmt: skip
    page = sign_in(maker).get(PAGE, {"from": FIRST.isoformat()}).content.decode()
    assert page.count("<b>clash</b>") == 2


def test_a_bank_sees_what_the_province_reserved(maker: Any) -> None:
    with tenant_context(PLATFORM):
        operator = make_operator("pia", "operator")
        reviewer = make_operator("rui", "compliance_reviewer")
        picture = make_picture()
        ad = make_ad(operator, title="Whole province", slot=2, starts_at=on(3), picture=picture)
        publish(operator, reviewer, ad)
        assert [bar.title for bar in banner(operator).bars] == ["Whole province"]

    bar = banner(maker).bars[0]

    assert (bar.title, bar.stage, bar.pk) == ("Whole province", schedules.RESERVED, None)
    page = sign_in(maker).get(PAGE, {"from": FIRST.isoformat()}).content.decode()
    assert "Whole province" in page
    assert "slots of the province: 2" in page


def test_what_is_live_shows_as_it_was_approved_not_as_it_is_drafted(
    maker: Any, checker: Any
) -> None:
    ad = make_ad(maker, starts_at=on(3), ends_at=on(5))
    publish(maker, checker, ad)
    Ad.objects.filter(pk=ad.pk).update(starts_at=on(20), ends_at=on(25), version=2)

    assert [(bar.first, bar.last) for bar in banner(maker).bars] == [(3, 4)]


def test_branch_staff_see_their_own_and_others_nothing(
    maker: Any, northerner: Any, north: Any, south: Any, beta: Any
) -> None:
    for branch, title in ((north, "North"), (south, "South"), (None, "All")):
        make_ad(maker, title=title, branch=branch, starts_at=on(3))

    assert [bar.title for bar in banner(northerner).bars] == ["North"]
    page = sign_in(northerner).get(PAGE, {"from": FIRST.isoformat()}).content.decode()
    assert "North" in page
    assert "South" not in page


@pytest.mark.parametrize(
    ("view", "asked", "shown"),
    [
        ("month", "2026-12-24", "<h2>2026-12</h2>"),
        ("week", "2026-12-24", "<h2>2026-12-21 – 2026-12-27</h2>"),
        ("year", "2026-02-30", "<h2>"),
        ("", "0001-01-01", "<h2>"),
        ("week", "9999-12-31", "<h2>"),
        ("month", "\x00", "<h2>"),
    ],
)
def test_any_month_and_week_can_be_asked_for(
    viewer: Any, view: str, asked: str, shown: str
) -> None:
    page = sign_in(viewer).get(PAGE, {"view": view, "from": asked})

    assert page.status_code == 200
    assert shown in page.content.decode()


def test_months_and_weeks_follow_each_other() -> None:
    assert schedules.month_of(date(2028, 2, 29)) == (date(2028, 2, 1), 29)
    assert schedules.week_of(date(2027, 1, 1)) == (date(2026, 12, 28), 7)
    assert schedules.neighbours("month", date(2027, 1, 1), 31) == {
        "before": date(2026, 12, 1), "after": date(2027, 2, 1),
    }  # fmt: skip


def test_the_number_of_queries_does_not_grow_with_the_ads(maker: Any, checker: Any) -> None:
    picture = make_picture()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            banner(maker)
        return len(caught)

    publish(maker, checker, make_ad(maker, starts_at=on(3), picture=picture))
    few = queries()
    for number in range(12):
        make_ad(maker, starts_at=on(3), picture=picture, title=str(number))

    assert queries() == few
