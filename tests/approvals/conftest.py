from __future__ import annotations

from typing import Any

import pytest

from operators.models import Operator
from tests.approvals.people import make_operator


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
