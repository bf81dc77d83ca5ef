"""Audience rules: who among the customers is meant.

A rule is plain JSON: ``{}`` = everybody, else ``{"all": [condition, …]}``, and all must hold. It
becomes a predicate for the feed and a query for the size, and both say the same of any customer.
What this release cannot read excludes: it never shows to all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from customers.audience_cleaning import clean_rule
from customers.conditions import Predicate, parse, parse_condition
from customers.facts import Facts
from customers.models import Customer
from customers.weeks import SHANGHAI

__all__ = [
    "audience_size", "clean_rule", "condition_of", "describe", "describe_condition", "holds",
    "matches", "predicate_of", "year_of",
]  # fmt: skip

Rule = Mapping[str, Any]


def predicate_of(rule: Rule) -> Predicate:
    """The rule read once, to be asked of many customers."""
    predicates = tuple(condition.predicate() for condition in parse(rule))
    if not predicates:
        return lambda _facts, _year: True
    if len(predicates) == 1:
        return predicates[0]
    return lambda facts, year: all(holds(facts, year) for holds in predicates)


def matches(rule: Rule, facts: Facts, year: int) -> bool:
    return predicate_of(rule)(facts, year)


def holds(condition: Rule, facts: Facts, year: int) -> bool:
    return parse_condition(condition).predicate()(facts, year)


def condition_of(rule: Rule, year: int) -> Q:
    """On ``Customer``, in the current schema."""
    found = Q()
    for condition in parse(rule):
        found &= condition.query(year)
    return found


def audience_size(rule: Rule, at: datetime, *, branch_path: str = "") -> int:
    """How many customers are meant (of a branch and those below it; empty = of the bank)."""
    customers = Customer.objects.under(branch_path)
    return customers.filter(condition_of(rule, year_of(at))).count()


def year_of(at: datetime) -> int:
    return at.astimezone(SHANGHAI).year


def describe(rule: Rule) -> list[str]:
    """One sentence per condition; none = everybody."""
    return [condition.words() for condition in parse(rule)]


def describe_condition(condition: Rule) -> str:
    return parse_condition(condition).words()
