"""The customers of a batch of events, and the number of the bank's last publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.rules.occasions import STRANGER, Subject
from campaigns.taking.statements import READ_PEOPLE
from customers.facts import Facts
from tenants.statements import fetch


@dataclass(frozen=True, slots=True)
class People:
    number: int
    subjects: Mapping[str, Subject]

    def of(self, customer_number: str) -> Subject:
        return self.subjects.get(customer_number, STRANGER)


def read_people(numbers: Iterable[str]) -> People:
    rows = fetch(READ_PEOPLE, {"numbers": sorted(set(numbers))})
    subjects = {}
    for _head, number, path, birth_year, groups, tags, opened_on, is_trial in rows:
        if number is not None:
            facts = Facts(path, birth_year, frozenset(groups), frozenset(tags), is_trial)
            subjects[number] = Subject(facts, opened_on)
    return People(rows[0][0], subjects)
