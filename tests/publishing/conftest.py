from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from operators.models import Operator
from publishing.locks import Group
from tests.approvals.people import make_operator
from tests.publishing.governed import BankStaff, Province, registered


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")


@pytest.fixture
def second_checker(bank: Any) -> Operator:
    return make_operator("qian", "checker")


@pytest.fixture
def administrator(bank: Any) -> Operator:
    return make_operator("ada", "administrator")


@pytest.fixture
def looks() -> Iterator[Group]:
    """A group of governed settings for the length of a test."""
    with registered() as group:
        yield group


@pytest.fixture
def province(looks: Group, bank: Any) -> Province:
    return Province()


@pytest.fixture
def staff(looks: Group, maker: Operator, checker: Operator) -> BankStaff:
    return BankStaff(maker, checker)
