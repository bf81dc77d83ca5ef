"""The feed's sets of bits against the plain rules, item by item."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from customers.facts import Facts
from mobile.feed.explaining import explain
from mobile.feed.feeds import Feed
from mobile.feed.home import render
from mobile.feed.matching import bits_of, numbers_of
from mobile.feed.people import Person
from mobile.feed.zone import live_products
from tests.mobile.feed.making import NOON, ad, announcement, campaign, feed_of, product

GROUPS, TAGS = ["loan", "card", "payroll", "senior"], ["a", "b", "c", "d"]
PATHS = ["0001", "00010001", "000100010002", "0002"]


def lists(field: str, values: list[str]) -> Any:
    return st.fixed_dictionaries({
        "field": st.just(field), "op": st.sampled_from(["any", "none"]),
        "values": st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True),
    })  # fmt: skip


conditions = st.one_of(
    lists("groups", GROUPS),
    lists("tags", TAGS),
    st.fixed_dictionaries({
        "field": st.just("branch"), "op": st.just("within"), "path": st.sampled_from(PATHS),
        "name": st.just("branch"),
    }),
    st.fixed_dictionaries({
        "field": st.just("age"), "op": st.just("between"),
        "min": st.sampled_from([None, 18, 40]), "max": st.sampled_from([39, 60, 90]),
    }),
    st.just({"field": "moon", "op": "full"}),
)  # fmt: skip
rules = st.one_of(
    st.just({}), st.lists(conditions, min_size=1, max_size=5).map(lambda c: {"all": c})
)
common = {
    "audience": rules,
    "branch_path": st.sampled_from(["", "", *PATHS]),
    "priority": st.integers(-1, 1),
}
contents = st.one_of(
    st.builds(
        lambda make, **more: make("x", **more),
        st.sampled_from([ad, announcement]),
        for_seniors=st.booleans(),
        **common,
    ),
    st.builds(product, type=st.sampled_from(["large_cd", "loan", "closed"]), **common),
    st.builds(
        campaign, id=st.sampled_from(["running", "paused", "stopped", "ended", "used_up"]), **common
    ),
)
SWITCHED = {state: state for state in ("paused", "stopped", "ended", "used_up")}
ZONE = [{"code": code, "name": code, "category": "x"} for code in ("loan", "large_cd")]
people = st.builds(
    Person,
    number=st.sampled_from(["C1", "C2"]),
    facts=st.builds(
        Facts,
        branch_path=st.sampled_from(["", *PATHS]),
        birth_year=st.sampled_from([None, 1930, 1966, 1986, 2008]),
        groups=st.frozensets(st.sampled_from(GROUPS)),
        tags=st.frozensets(st.sampled_from(TAGS)),
    ),
)


def naive(feed: Feed, person: Person) -> set[int]:
    return {
        number
        for number, item in enumerate(feed.items)
        if person.facts.branch_path.startswith(item.branch_path)
        and all(each.predicate()(person.facts, 2026) for each in item.conditions)
    }


@given(st.lists(contents, max_size=12), people)
def test_bits_say_what_the_rules_say(items: list[dict[str, Any]], person: Person) -> None:
    feed = feed_of(*items)

    assert set(numbers_of(feed.matcher.of(person.facts, 2026))) == naive(feed, person)


@given(st.lists(contents, max_size=12), people, st.sampled_from(["standard", "senior"]))
def test_the_explanation_tells_what_the_feed_does(
    items: list[dict[str, Any]], person: Person, mode: str
) -> None:
    items = list({item["id"]: item for item in items}.values())
    feed = feed_of(*items, zone=ZONE, switched=SWITCHED)
    home = render(feed, person, NOON, mode=mode)
    shown = {each["id"] for ads in home["placements"].values() for each in ads}
    shown |= {each["id"] for each in [*home["announcements"], *home["campaigns"]]}
    products = [each.id for each in live_products(feed, person, NOON, mode=mode)]
    assert sum(each["products"] for each in home["zone"]) == len(products)
    shown |= set(products)

    verdicts = explain(feed, person, NOON, mode)

    assert {verdict.item.id for verdict in verdicts if verdict.shown} == shown
    for verdict in verdicts:
        assert verdict.shown == (not verdict.failed)


@given(st.sets(st.integers(0, 2000)))
def test_bits_and_numbers_are_two_ways_to_write_a_set(numbers: set[int]) -> None:
    assert numbers_of(bits_of(numbers)) == sorted(numbers)
