"""Who takes the slots of a placement."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from customers.facts import Facts
from mobile.feed.feeds import Feed
from mobile.feed.home import render
from mobile.feed.people import VISITOR, Person
from tests.mobile.feed.making import (
    NOON,
    ad,
    announcement,
    feed_of,
    order,
    settings,
    template,
)


def shown(
    feed: Feed, placement: str = "home_banner", person: Person = VISITOR, at: Any = NOON, **how: Any
) -> list[str]:
    home = render(feed, person, at, **how)
    return [each["alt"] for each in home["placements"][placement]]


def test_the_highest_priority_comes_first_and_no_more_than_there_are_slots() -> None:
    feed = feed_of(*(ad(f"p{n}", priority=n) for n in range(6)))

    assert shown(feed) == ["p5", "p4", "p3"]


def test_a_fixed_ad_keeps_its_slot() -> None:
    feed = feed_of(ad("fixed", slot=2), ad("high", priority=9), ad("next", priority=8))

    assert shown(feed) == ["high", "fixed", "next"]


def test_a_fixed_slot_that_does_not_exist_is_any_slot() -> None:
    assert shown(feed_of(ad("far", slot=9))) == ["far"]


def test_the_provinces_slots_are_the_provinces() -> None:
    own = [ad(f"own{n}", priority=9 - n) for n in range(3)]
    feed = feed_of(
        *own, province=(ad("p1"), ad("p2", priority=1)), province_slots={"home_banner": [1]}
    )

    assert shown(feed) == ["p2", "own0", "own1"]


def test_a_slot_that_the_province_leaves_empty_falls_back() -> None:
    own = [ad(f"own{n}", priority=9 - n) for n in range(4)]
    feed = feed_of(*own, province_slots={"home_banner": [1, 2]})

    assert shown(feed) == ["own0", "own1", "own2"]


def test_what_the_bank_leaves_empty_goes_to_the_province_then_to_the_house() -> None:
    house = ad("house", house=True, priority=99)
    feed = feed_of(ad("own"), house, province=(ad("province"),))
    assert shown(feed) == ["own", "province", "house"]

    full = feed_of(*(ad(f"own{n}") for n in range(3)), house, province=(ad("province"),))
    assert set(shown(full)) == {"own0", "own1", "own2"}


def test_a_bank_cannot_hold_a_slot_of_the_province_nor_the_province_one_of_the_banks() -> None:
    reserved = {"home_banner": [1]}
    feed = feed_of(
        ad("own", slot=1), ad("other", priority=-1),
        province=(ad("province", slot=2),), province_slots=reserved,
    )  # fmt: skip

    assert shown(feed)[0] == "province"


def test_the_order_by_hand_arranges_what_shows() -> None:
    ads = [ad(name, priority=0) for name in ("a", "b", "c")]

    assert shown(feed_of(*ads, order("home_banner", ads[2], ads[0]))) == ["c", "a", "b"]


def test_a_placement_out_of_use_shows_nothing() -> None:
    feed = feed_of(ad("a"), settings("placements", home_banner__enabled=False))

    assert shown(feed) == []


def test_a_bank_may_have_fewer_slots_unless_the_province_locks_them() -> None:
    ads = [ad(f"a{n}") for n in range(3)]
    fewer = settings("placements", home_banner__slots=1)
    assert len(shown(feed_of(*ads, fewer))) == 1

    locked = template("placements", home_banner__slots={"lock": "locked", "value": 2})
    assert len(shown(feed_of(*ads, fewer, province=(locked,)))) == 2


def test_weights_decide_among_equals_in_their_proportion() -> None:
    feed = feed_of(ad("heavy", placement="popup", weight=30), ad("light", placement="popup"))

    counts = Counter(shown(feed, "popup", Person(number=f"C{number}"))[0] for number in range(4000))

    assert 0.72 < counts["heavy"] / 4000 < 0.78


def test_a_draw_holds_all_day_and_is_made_anew_the_next() -> None:
    feed = feed_of(*(ad(f"a{n}", placement="popup") for n in range(8)))
    people = [Person(number=f"C{number}") for number in range(60)]

    def draws(at: Any) -> list[str]:
        return [shown(feed, "popup", person, at)[0] for person in people]

    assert draws(NOON) == draws(NOON + timedelta(hours=11, minutes=59))
    assert draws(NOON) != draws(NOON + timedelta(hours=12))
    assert len(set(draws(NOON))) > 4


def test_another_ads_coming_takes_from_nobody_but_those_who_see_it() -> None:
    ads = [ad(f"a{n}", placement="popup") for n in range(5)]
    before, after = feed_of(*ads), feed_of(*ads, ad("new", placement="popup"))

    for number in range(300):
        person = Person(number=f"C{number}")
        old, new = shown(before, "popup", person), shown(after, "popup", person)
        assert new in (old, ["new"])


@pytest.mark.parametrize(
    ("counters", "shows"),
    [
        ({}, True),
        ({"ID": (5, 1)}, True),
        ({"ID": (5, 2)}, False),
        ({"ID": (9, 0)}, False),
        ({"placement:home_banner": (50, 3)}, True),
        ({"placement:home_banner": (50, 4)}, False),
        ({"placement:popup": (50, 4)}, True),
    ],
)
def test_caps_of_the_ad_and_of_the_placement(counters: Any, shows: bool) -> None:
    capped = ad("capped", daily_cap=2, lifetime_cap=9)
    feed = feed_of(capped, daily_caps={"home_banner": 4})
    counters = {capped["id"] if key == "ID" else key: value for key, value in counters.items()}

    assert bool(shown(feed, person=Person("C1", counters=counters))) is shows


def test_senior_mode_shows_only_what_is_marked_as_suitable() -> None:
    feed = feed_of(
        ad("loud"), ad("calm", for_seniors=True), ad("pop", placement="popup"),
        announcement("any"), announcement("theirs", for_seniors=True),
    )  # fmt: skip

    home = render(feed, VISITOR, NOON, mode="senior")

    assert [each["alt"] for each in home["placements"]["home_banner"]] == ["calm"]
    assert home["placements"]["popup"] == []
    assert [each["title"] for each in home["announcements"]] == ["theirs"]


def test_the_trial_list_sees_it_first() -> None:
    trial = (NOON - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    feed = feed_of(ad("soon", starts_at=NOON + timedelta(hours=1), trial_starts_at=trial))
    staff = Person("S1", Facts(is_trial=True))

    assert shown(feed, person=staff) == ["soon"]
    assert shown(feed) == []
    assert shown(feed, at=NOON + timedelta(hours=1)) == ["soon"]
    assert shown(feed, person=staff, at=NOON - timedelta(hours=2)) == []


@pytest.mark.parametrize(
    ("minutes", "shows"), [(-181, False), (-180, True), (359, True), (360, False), (1440, False)]
)
def test_windows_open_and_close_to_the_minute(minutes: int, shows: bool) -> None:
    """09:00 to 18:00 on Wednesdays; noon is the first day's."""
    feed = feed_of(ad("w", windows=[{"days": [3], "from": "09:00", "until": "18:00"}]))

    assert bool(shown(feed, at=NOON + timedelta(minutes=minutes))) is shows


def test_one_feed_follows_the_clock_through_windows_starts_and_ends() -> None:
    """The stretch that is kept ends exactly where something changes."""
    feed = feed_of(
        ad("day", windows=[{"days": [3], "from": "12:30", "until": "24:00"}]),
        ad("late", starts_at=NOON + timedelta(minutes=45)),
        ad("gone", ends_at=NOON + timedelta(minutes=15)),
    )
    found = {}
    for minutes in (0, 14, 15, 29, 30, 44, 45, 719, 720):
        found[minutes] = "".join(
            sorted(t[0] for t in shown(feed, at=NOON + timedelta(minutes=minutes)))
        )

    assert found == {
        0: "g", 14: "g", 15: "", 29: "", 30: "d", 44: "d", 45: "dl", 719: "dl", 720: "l",
    }  # fmt: skip
