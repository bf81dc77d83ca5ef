"""For whom the phone is looked at: nobody in particular, a typical customer, or one by number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.audiences import year_of
from customers.facts import Facts
from mobile.feed.people import VISITOR as A_VISITOR
from mobile.feed.people import Person
from mobile.lookups import look_up

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from mobile.feed.feeds import Feed
    from mobile.preview.choices import Choices
    from tenants.models import Bank
    from tenants.platform import Platform

VISITOR, FREE, NUMBERED = "visitor", "free", "customer"


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """A customer as they typically are."""

    code: str
    label: str | Promise
    groups: frozenset[str]
    age: int

    def facts(self, year: int, **more: Any) -> Facts:
        return Facts(birth_year=year - self.age, groups=self.groups, **more)


READY_MADE = tuple(
    ReadyMade(code, label, frozenset(groups), age)
    for code, label, groups, age in (
        ("payroll", pgettext_lazy("type of customer", "Payroll"), ["payroll"], 32),
        ("loan", pgettext_lazy("type of customer", "Loan"), ["loan"], 40),
        ("card", pgettext_lazy("type of customer", "Credit card"), ["card"], 29),
        ("social", pgettext_lazy("type of customer", "Social insurance"), ["social"], 45),
        ("wealth", pgettext_lazy("type of customer", "Wealth"), ["wealth"], 48),
        ("senior", pgettext_lazy("type of customer", "Senior"), ["senior", "social"], 68),
    )
)
TYPES: dict[str, str | Promise] = {
    VISITOR: pgettext_lazy("type of customer", "Visitor"),
    **{each.code: each.label for each in READY_MADE},
    FREE: _("My own choice"),
    NUMBERED: _("Customer number"),
}


def ready_made(code: str) -> ReadyMade | None:
    return next((each for each in READY_MADE if each.code == code), None)


def is_visitor(choices: Choices) -> bool:
    """A number that finds nobody leaves a visitor too."""
    return choices.who in ("", VISITOR) or (choices.who == NUMBERED and choices.customer is None)


def person_of(choices: Choices, feed: Feed, owner: Bank | Platform, at: datetime) -> Person:
    if choices.customer is not None:
        day = timezone.localtime(at).date().isoformat()
        number = choices.customer.number
        person = look_up(owner.schema_name, number, day=day, must_read=feed.must_read)
    else:
        person = replace(A_VISITOR, facts=_facts(choices, year_of(at)))
    if not choices.shown:
        return person
    counters = dict(person.counters)
    for subject, today in choices.shown:
        lifetime, _today = counters.get(subject, (0, 0))
        counters[subject] = (max(lifetime, today), today)
    return replace(person, counters=counters)


def _facts(choices: Choices, year: int) -> Facts:
    path = choices.branch.path if choices.branch is not None else ""
    typical = ready_made(choices.who)
    if typical is not None:
        return typical.facts(year, branch_path=path, is_trial=choices.is_trial)
    is_free = choices.who == FREE
    return Facts(
        branch_path=path,
        birth_year=year - choices.age if is_free and choices.age is not None else None,
        groups=frozenset(choices.groups) if is_free else frozenset(),
        tags=frozenset(choices.tags) if is_free else frozenset(),
        is_trial=choices.is_trial,
    )


def age_of(facts: Facts, at: datetime) -> int | None:
    return None if facts.birth_year is None else year_of(at) - facts.birth_year
