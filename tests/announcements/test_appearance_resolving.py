"""What a customer sees follows from settings, catalogue, facts, choices and the moment alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from announcements.appearance.groups import APPEARANCE_GROUP, PLACEMENTS_GROUP
from announcements.appearance.resolving import functions_for, look_at, mode_for, place_of
from customers.facts import NOBODY, Facts
from publishing.locks import effective

NOW = datetime(2026, 2, 17, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    code: str
    primary: str = "#256D6B"
    accent: str = "#C9A45C"
    is_festival: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None


SKINS = {
    row.code: row
    for row in [
        Row("huxiang"),
        Row("azure", "#1F5FBF", "#19A0C8"),
        Row("ink", "#37474F", "#A3442F"),
        Row("spring", "#B5121B", "#F2B84B", True, NOW - DAY, NOW + DAY),
        Row("dragonboat", "#1B6B3A", "#E8C468", True, NOW + 100 * DAY, NOW + 103 * DAY),
    ]
}
OWN = {"primary": "#5B2A86", "accent": "#F2B84B"}
FUNCTIONS = [
    {"code": code, "name": code.title(), "group": "g", "in_senior_mode": code in "abc"}
    for code in "abcdefghijklmno"
]


def values(**own: Any) -> dict[str, Any]:
    return effective(APPEARANCE_GROUP, None, {"values": own, "accepted": None})


def codes(rows: list[dict[str, Any]]) -> str:
    return "".join(row["code"] + ("!" if row["locked"] else "") for row in rows)


@pytest.mark.parametrize(
    ("own", "chosen", "at", "worn"),
    [
        ({}, "", NOW, "azure"),
        ({"skin": "ink"}, "", NOW, "ink"),
        ({"skin": "vanished"}, "", NOW, "huxiang"),
        ({"skin": "own", "own_palette": OWN}, "", NOW, "own"),
        ({"skin": "own"}, "", NOW, "huxiang"),
        ({"follow_festivals": True}, "", NOW, "spring"),
        ({"follow_festivals": True}, "", NOW - DAY, "spring"),
        ({"follow_festivals": True}, "", NOW + DAY, "azure"),
        ({"follow_festivals": True}, "", NOW + 101 * DAY, "dragonboat"),
        ({"follow_festivals": True}, "ink", NOW, "ink"),
        ({"follow_festivals": True, "customer_skin": False}, "ink", NOW, "spring"),
        ({"customer_skin": False}, "ink", NOW, "azure"),
        ({}, "ink", NOW, "ink"),
        ({}, "spring", NOW, "spring"),
        ({}, "spring", NOW + DAY, "azure"),
        ({}, "vanished", NOW, "azure"),
        ({}, "own", NOW, "azure"),
        ({"own_palette": OWN}, "own", NOW, "own"),
    ],
)
def test_the_skin_worn_is_the_customer_s_the_festival_s_or_the_bank_s(
    own: dict[str, Any], chosen: str, at: datetime, worn: str
) -> None:
    look = look_at(values(**own), SKINS, at, chosen_skin=chosen, bank_skin="azure")

    assert look.skin == worn


def test_a_palette_says_what_words_on_its_colours_are_drawn_with() -> None:
    look = look_at(values(skin="own", own_palette=OWN), SKINS, NOW)

    assert look.palette == {
        "primary": "#5B2A86", "accent": "#F2B84B", "on_primary": "#FFFFFF", "text": "#000000",
    }  # fmt: skip


def test_of_two_festivals_at_once_the_later_one_is_worn() -> None:
    skins = {**SKINS, "later": Row("later", "#B5121B", "#F2B84B", True, NOW, NOW + DAY)}

    assert look_at(values(follow_festivals=True), skins, NOW).skin == "later"


@pytest.mark.parametrize(
    ("age_limit", "born", "chosen", "asked", "mode"),
    [
        (None, 1930, None, None, "standard"),
        (60, 1966, None, None, "senior"),
        (60, 1967, None, None, "standard"),
        (60, None, None, None, "standard"),
        (60, 1940, "standard", None, "standard"),
        (60, 1990, "senior", None, "senior"),
        (60, 1940, "", "", "senior"),
        (60, 1940, "senior", "standard", "standard"),
        (None, None, "standard", "senior", "senior"),
    ],
)
def test_the_mode_is_asked_for_chosen_or_by_age(
    age_limit: int | None, born: int | None, chosen: str | None, asked: str | None, mode: str
) -> None:
    settings = values(senior_from_age=age_limit)

    assert mode_for(settings, Facts(birth_year=born), chosen, asked, 2026) == mode


BY_GROUP = [{"group": "loan", "functions": ["d", "e"]}, {"group": "card", "functions": ["f", "x"]}]


@pytest.mark.parametrize(
    ("own", "groups", "chosen", "shown"),
    [
        ({}, "", None, "abcdefghijklmno"),
        ({"functions": ["c", "a", "x"]}, "", None, "ca"),
        ({"functions": ["c", "a"], "locked_functions": ["a"]}, "", None, "ca!"),
        ({"functions": ["c", "a"], "functions_by_group": BY_GROUP}, "senior", None, "ca"),
        ({"functions": ["c", "a"], "functions_by_group": BY_GROUP}, "card loan", None, "de"),
        ({"functions": ["c"], "functions_by_group": BY_GROUP}, "card", None, "f"),
        (
            {"functions": ["c"], "locked_functions": ["c"], "functions_by_group": BY_GROUP},
            "card", None, "c!f",
        ),
        ({"functions": ["c", "a"]}, "", ["o", "x", "b"], "ob"),
        ({"functions": ["c", "a"]}, "", [], ""),
        ({"functions": ["c", "a"], "customer_functions": False}, "", ["o"], "ca"),
        ({"functions": ["c", "a"], "locked_functions": ["a"]}, "", ["o", "a"], "a!o"),
        ({"functions_by_group": BY_GROUP}, "loan", ["b"], "b"),
        ({}, "", list("onmlkjihgfedcba"), "onmlkjihgfed"),
    ],
)  # fmt: skip
def test_home_functions_are_the_bank_s_the_group_s_or_the_customer_s(
    own: dict[str, Any], groups: str, chosen: list[str] | None, shown: str
) -> None:
    facts = Facts(groups=frozenset(groups.split()))

    rows = functions_for(values(**own), FUNCTIONS, mode="standard", facts=facts, chosen=chosen)

    assert codes(rows) == shown


@pytest.mark.parametrize(
    ("own", "shown"),
    [({}, "abc"), ({"senior_functions": ["b", "d", "a", "x"]}, "ba")],
)
def test_senior_mode_has_its_own_functions_whatever_the_customer_chose(
    own: dict[str, Any], shown: str
) -> None:
    settings = values(functions=["d"], locked_functions=["d"], **own)

    rows = functions_for(settings, FUNCTIONS, mode="senior", facts=NOBODY, chosen=["o"])

    assert codes(rows) == shown
    assert set(rows[0]) == {"code", "name", "group", "locked"}


@pytest.mark.parametrize(
    ("own", "slots", "cap", "enabled"),
    [
        ({}, 5, 8, True),
        ({"home_banner.slots": 7, "home_banner.daily_cap": 3}, 7, 3, True),
        ({"home_banner.slots": 2}, 3, 8, True),
        ({"home_banner.enabled": False}, 5, 8, False),
    ],
)
def test_a_placement_is_the_catalogue_s_with_the_bank_s_changes_and_the_province_s_slots(
    own: dict[str, Any], slots: int, cap: int, enabled: bool
) -> None:
    settings = effective(PLACEMENTS_GROUP, None, {"values": own, "accepted": None})

    place = place_of(settings, "home_banner", slots=5, province_slots=[1, 3], daily_cap=8)

    assert (place.slots, place.daily_cap, place.is_enabled) == (slots, cap, enabled)
    assert place.province_slots == {1, 3}
