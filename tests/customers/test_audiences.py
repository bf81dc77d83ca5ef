from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.audiences import (
    audience_size,
    clean_rule,
    condition_of,
    describe,
    holds,
    matches,
    predicate_of,
)
from customers.choices import CustomerGroup
from customers.errors import BadAudience
from customers.facts import NOBODY, Facts
from customers.models import Customer
from operators.models import Branch
from tests.operators.people import make_branch

YEAR = 2026
NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
TAGS = ("房贷", "vip", "VIP", "gold", "%", "_", "a'b")
LOAN = {"field": "groups", "op": "any", "values": ["loan"]}


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def rule(*conditions: Any) -> dict[str, Any]:
    return {"all": list(conditions)}


def facts_of(customer: Customer) -> Facts:
    return Facts(
        branch_path=customer.branch.path if customer.branch else "",
        birth_year=customer.birth_year,
        groups=frozenset(customer.groups),
        tags=frozenset(customer.tags),
        is_trial=customer.is_trial,
    )


@pytest.fixture
def branches(bank: Any) -> list[Branch]:
    head = make_branch("H")
    north, south = make_branch("N", head), make_branch("S", head)
    return [head, north, make_branch("N1", north), south]


# --- one answer for the feed and for the size -----------------------------------------------------
CUSTOMERS = st.fixed_dictionaries(
    {
        "birth_year": st.none() | st.integers(1900, 2027),
        "groups": st.lists(st.sampled_from(CustomerGroup.values), unique=True, max_size=3),
        "tags": st.lists(st.sampled_from(TAGS), unique=True, max_size=3),
        "branch": st.none() | st.integers(0, 3),
    }
)
AGES = st.none() | st.integers(0, 130)
BROKEN = st.sampled_from(
    [
        {}, {"field": "income"}, {"field": "groups", "op": "all", "values": ["loan"]}, None, "loan",
        {"field": "tags", "op": "none", "values": []}, {"field": "age", "op": "between"},
        {"field": "branch", "op": "within", "path": ""}, {**LOAN, "unless": True},
        {"field": "tags", "op": "any", "values": ["x" * 31]},
        {"field": "tags", "op": "none", "values": ["\x00"]},
        {"field": "age", "op": "between", "min": True, "max": None},
    ]
)  # fmt: skip
CONDITIONS = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.just("groups"),
            "op": st.sampled_from(["any", "none"]),
            "values": st.lists(st.sampled_from([*CustomerGroup.values, "other"]), max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("tags"),
            "op": st.sampled_from(["any", "none"]),
            "values": st.lists(st.sampled_from([*TAGS, "unheard of"]), max_size=3),
        }
    ),
    st.fixed_dictionaries(
        {"field": st.just("branch"), "op": st.just("within"), "path": st.integers(0, 4)}
    ),
    st.fixed_dictionaries(
        {"field": st.just("age"), "op": st.just("between"), "min": AGES, "max": AGES}
    ),
    BROKEN,
)
RULES: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.lists(CONDITIONS, max_size=4).map(
    lambda found: {"all": found}
)


def placed(drawn: dict[str, Any], branches: list[Branch]) -> dict[str, Any]:
    """The drawn rule with the paths of real branches, and of one that is not there."""
    paths = [*(branch.path for branch in branches), "ZZZZ"]

    def place(condition: Any) -> Any:
        is_drawn = isinstance(condition, dict) and isinstance(condition.get("path"), int)
        return {**condition, "path": paths[condition["path"]]} if is_drawn else condition

    return {key: [place(each) for each in value] for key, value in drawn.items()}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=st.lists(CUSTOMERS, min_size=1, max_size=8), drawn=st.lists(RULES, min_size=3))
def test_the_predicate_and_the_query_choose_the_same_customers(
    branches: list[Branch], people: list[dict[str, Any]], drawn: list[dict[str, Any]]
) -> None:
    Customer.objects.all().delete()
    for number, person in enumerate(people):
        branch = None if person["branch"] is None else branches[person["branch"]]
        Customer.objects.create(number=f"P{number}", **{**person, "branch": branch})
    stored = list(Customer.objects.select_related("branch"))
    for each in drawn:
        asked = placed(each, branches)
        by_query = set(
            Customer.objects.filter(condition_of(asked, YEAR)).values_list("number", flat=True)
        )
        by_predicate = {one.number for one in stored if matches(asked, facts_of(one), YEAR)}
        assert by_query == by_predicate, asked
        assert audience_size(asked, NOW) == len(by_predicate)


# --- who is meant ---------------------------------------------------------------------------------
def test_everybody_is_meant_by_an_empty_rule() -> None:
    assert matches({}, NOBODY, YEAR)
    assert describe({}) == []


@pytest.mark.parametrize(
    "unreadable",
    [
        {"any": [LOAN]}, {"groups": ["loan"]}, {"all": [LOAN], "not": []}, {"all": "loan"},
        None, [], rule({"field": "income", "op": "any", "values": ["high"]}),
        rule({**LOAN, "op": "most"}), rule({**LOAN, "values": "loan"}),
        rule({**LOAN, "values": [1]}), rule("loan"),
        rule({"field": "age", "op": "between", "min": "30", "max": None}),
        rule({"field": ["groups"], "op": "any", "values": ["loan"]}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_means_nobody(unreadable: Any) -> None:
    customer = Facts("0001", 1990, frozenset({"loan"}), frozenset({"vip"}))

    assert not matches(unreadable, customer, YEAR)
    assert describe(unreadable)[0].startswith("A condition that this release does not know")


def test_age_goes_by_the_calendar_year() -> None:
    adults = {"field": "age", "op": "between", "min": 30, "max": 59}

    ages = {
        birth: holds(adults, Facts(birth_year=birth), YEAR) for birth in (1966, 1967, 1996, 1997)
    }
    assert ages == {1966: False, 1967: True, 1996: True, 1997: False}
    assert not holds(adults, NOBODY, YEAR)
    assert holds({**adults, "max": None}, Facts(birth_year=1900), YEAR)


def test_the_year_turns_at_midnight_in_shanghai(bank: Any) -> None:
    Customer.objects.create(number="A", birth_year=2000)
    grown = rule({"field": "age", "op": "between", "min": 27, "max": None})

    assert audience_size(grown, datetime(2026, 12, 31, 15, 59, tzinfo=UTC)) == 0
    assert audience_size(grown, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == 1


def test_the_size_can_be_asked_of_one_branch(branches: list[Branch]) -> None:
    for number, branch in enumerate(branches):
        Customer.objects.create(number=f"B{number}", branch=branch, groups=["loan"])

    assert audience_size(rule(LOAN), NOW) == 4
    assert audience_size(rule(LOAN), NOW, branch_path=branches[1].path) == 2


def test_a_rule_is_read_once_for_many_customers() -> None:
    wanted = predicate_of(rule(LOAN, {"field": "tags", "op": "none", "values": ["vip"]}))

    assert wanted(Facts(groups=frozenset({"loan"})), YEAR)
    assert not wanted(Facts(groups=frozenset({"loan"}), tags=frozenset({"vip"})), YEAR)


# --- cleaning -------------------------------------------------------------------------------------
def test_a_rule_is_written_in_one_way(branches: list[Branch]) -> None:
    north = branches[1]
    raw = rule(
        {"field": "age", "op": "between", "min": 18},
        {"field": "branch", "op": "within", "path": north.path, "name": "an old name"},
        {"field": "tags", "op": "any", "values": [" vip ", "房贷", "ＶＩＰ", "vip"]},
        {"field": "groups", "op": "none", "values": ["campus", "loan", "campus"]},
        {"field": "groups", "op": "none", "values": ["loan", "campus"]},
    )

    cleaned = clean_rule(raw)

    assert cleaned == rule(
        {"field": "groups", "op": "none", "values": ["loan", "campus"]},
        {"field": "tags", "op": "any", "values": ["VIP", "vip", "房贷"]},
        {"field": "branch", "op": "within", "path": north.path, "name": "Branch N"},
        {"field": "age", "op": "between", "min": 18, "max": None},
    )
    assert clean_rule(cleaned) == cleaned
    assert clean_rule({"all": list(reversed(raw["all"]))}) == cleaned


@pytest.mark.parametrize("empty", [{}, {"all": []}, None])
def test_no_condition_means_everybody(empty: Any) -> None:
    assert clean_rule(empty) == {}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (rule({**LOAN, "values": ["rich"]}), "no customer group “rich”"),
        (rule({**LOAN, "values": []}), "names no value"),
        (rule({"field": "tags", "op": "any", "values": []}), "names no value"),
        (rule({"field": "tags", "op": "any", "values": [" "]}), "A tag is empty"),
        (rule({"field": "tags", "op": "any", "values": ["a\x00"]}), "cannot be shown"),
        (rule({"field": "tags", "op": "any", "values": ["房贷，车贷"]}), "semicolon"),
        (rule({"field": "tags", "op": "any", "values": ["x" * 31]}), "longer than 30"),
        (rule({"field": "tags", "op": "any", "values": "vip"}), "list of texts"),
        (rule({"field": "tags", "op": "any", "values": [f"t{i}" for i in range(51)]}), "most 50"),
        (rule({"field": "age", "op": "between", "min": 60, "max": 30}), "above the age to (30)"),
        (rule({"field": "age", "op": "between", "min": None, "max": None}), "Give an age from"),
        (rule({"field": "age", "op": "between", "min": -1}), "from 0 to 150"),
        (rule({"field": "age", "op": "between", "min": 1.5}), "from 0 to 150"),
        (rule({"field": "age", "op": "between", "min": True}), "from 0 to 150"),
        (rule({"field": "age", "op": "between", "max": "30"}), "from 0 to 150"),
        (rule({"field": "branch", "op": "within", "path": "ZZZZ", "name": "West"}), "“West”"),
        (rule({"field": "branch", "op": "within", "path": ""}), "no branch"),
        (rule({"field": "branch", "op": "within", "path": ["0001"]}), "no branch"),
        (rule({"field": "income", "op": "any"}), "“income” is nothing an audience goes by"),
        (rule({**LOAN, "op": "all"}), "“all” cannot be asked of customer groups"),
        (rule({**LOAN, "op": ["any"]}), "cannot be asked"),
        (rule({**LOAN, "weight": 1}), "has no “weight”"),
        (rule("loan"), "nothing an audience goes by"),
        (rule(*[{"field": "tags", "op": "any", "values": [f"t{i}"]} for i in range(9)]), "most 8"),
        ({"any": [LOAN]}, "list of conditions"),
        ({"all": [LOAN], "any": []}, "list of conditions"),
        ({"all": LOAN}, "list of conditions"),
        ([LOAN], "list of conditions"),
    ],
)  # fmt: skip
def test_an_unclear_rule_is_refused_with_a_sentence(bank: Any, wrong: Any, sentence: str) -> None:
    with pytest.raises(BadAudience) as refused:
        clean_rule(wrong)

    assert sentence in str(refused.value)


def test_the_province_cannot_go_by_a_banks_branch(branches: list[Branch]) -> None:
    north = {"field": "branch", "op": "within", "path": branches[1].path, "name": "N"}

    with pytest.raises(BadAudience, match="province"):
        clean_rule(rule(north), province=True)
    assert clean_rule(rule(LOAN), province=True) == rule(LOAN)


# --- words ----------------------------------------------------------------------------------------
def test_every_condition_reads_as_a_sentence() -> None:
    between = {"field": "age", "op": "between"}
    words = describe(
        rule(
            {"field": "groups", "op": "any", "values": ["loan", "card"]},
            {"field": "tags", "op": "none", "values": ["vip"]},
            {"field": "branch", "op": "within", "path": "0001", "name": "North"},
            {**between, "min": 30, "max": 59},
            {**between, "min": 30, "max": None},
            {**between, "min": None, "max": 59},
        )
    )

    assert words == [
        "In at least one of these groups: loan customers, credit card customers",
        "With none of these tags: vip",
        "Customers of North and the branches below it",
        "Aged 30 to 59",
        "Aged 30 or older",
        "Aged 59 or younger",
    ]
