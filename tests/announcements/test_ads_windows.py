from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from announcements.ads.windows import DAY_MINUTES, clean_windows, meet_in, minutes_of, spans_on
from announcements.errors import BadContent

pytestmark = pytest.mark.usefixtures("english")

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)


def window(days: Any = (1, 2), start: Any = "09:00", end: Any = "18:00") -> dict[str, Any]:
    return {"days": list(days) if isinstance(days, tuple) else days, "from": start, "until": end}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("always", "not a list"),
        ([window()] * 15, "15 rows"),
        (["Monday"], "Row 1"),
        ([{"days": [1]}], "Row 1"),
        ([{**window(), "note": "x"}], "Row 1"),
        ([window(())], "weekday in row 1"),
        ([window((0,))], "weekday in row 1"),
        ([window((8,))], "weekday in row 1"),
        ([window([True])], "weekday in row 1"),
        ([window(["1"])], "weekday in row 1"),
        ([window(7)], "weekday in row 1"),
        ([window(start="9:00")], "“9:00” in row 1"),
        ([window(start="24:00")], "ends before it starts"),
        ([window(end="24:01")], "“24:01” in row 1"),
        ([window(end="18:60")], "“18:60” in row 1"),
        ([window(end="18:00\n")], "in row 1"),
        ([window(start=900)], "“900” in row 1"),
        ([window(start="18:00", end="09:00")], "ends before it starts"),
        ([window(start="09:00", end="09:00")], "ends before it starts"),
        ([window((1, 2)), window((3,)), window((2, 3), "17:59", "19:00")], "1 and 3"),
    ],
)
def test_hours_that_make_no_sense_are_named_by_their_row(raw: Any, said: str) -> None:
    with pytest.raises(BadContent) as refusal:
        clean_windows(raw)

    assert refusal.value.field == "windows"
    assert said in str(refusal.value)


def test_hours_are_kept_in_order_and_may_touch_and_end_at_midnight() -> None:
    cleaned = clean_windows(
        [window((5, 1, 5), "18:00", "24:00"), window((1, 5), "00:00", "18:00"), window((7,))]
    )

    assert cleaned == [
        {"days": [1, 5], "from": "00:00", "until": "18:00"},
        {"days": [1, 5], "from": "18:00", "until": "24:00"},
        {"days": [7], "from": "09:00", "until": "18:00"},
    ]


@pytest.mark.parametrize(
    ("one", "other", "days", "meet"),
    [
        ([], [], 1, True),
        ([], [window((7,))], 6, False),
        ([], [window((7,))], 7, True),
        ([window((1,), "09:00", "12:00")], [window((1,), "12:00", "18:00")], 30, False),
        ([window((1,), "09:00", "12:01")], [window((1,), "12:00", "18:00")], 30, True),
        ([window((1,))], [window((2,))], None, False),
        ([window((6,))], [window((6,))], None, True),
    ],
)
def test_two_ads_meet_only_where_period_and_hours_do(
    one: Any, other: Any, days: int | None, meet: bool
) -> None:
    ends = MONDAY + timedelta(days=days) if days is not None else None

    assert meet_in(one, other, MONDAY, ends) is meet
    assert meet_in(other, one, MONDAY, ends) is meet


WINDOWS = st.lists(
    st.builds(
        lambda days, start, length: {
            "days": sorted(days),
            "from": f"{start // 60:02}:{start % 60:02}",
            "until": f"{min(start + length, DAY_MINUTES) // 60:02}"
            f":{min(start + length, DAY_MINUTES) % 60:02}",
        },
        st.sets(st.integers(1, 7), min_size=1),
        st.integers(0, DAY_MINUTES - 1),
        st.integers(1, 300),
    ),
    max_size=2,
)


@given(
    one=WINDOWS,
    other=WINDOWS,
    start=st.integers(0, 7 * DAY_MINUTES),
    length=st.integers(1, 9 * DAY_MINUTES),
)
def test_meeting_says_the_same_as_looking_at_every_minute(
    one: Any, other: Any, start: int, length: int
) -> None:
    starts = MONDAY + timedelta(minutes=start)
    ends = starts + timedelta(minutes=length)

    def is_open(windows: Any, minute: int) -> bool:
        weekday, of_day = minute // DAY_MINUTES % 7 + 1, minute % DAY_MINUTES
        return any(a <= of_day < b for a, b in spans_on(windows, weekday))

    looked = any(
        is_open(one, minute) and is_open(other, minute) for minute in range(start, start + length)
    )
    assert meet_in(one, other, starts, ends) is looked


def test_minutes_of_midnight() -> None:
    assert (minutes_of("00:00"), minutes_of("24:00")) == (0, DAY_MINUTES)
