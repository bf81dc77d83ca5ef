from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from operators.models import Branch, Operator
from tests.approvals.people import make_operator
from tests.operators.people import make_branch


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")


@pytest.fixture
def viewer(bank: Any) -> Operator:
    return make_operator("vera", "viewer")


@pytest.fixture
def north(bank: Any) -> Branch:
    return make_branch("N01")


@pytest.fixture
def south(bank: Any) -> Branch:
    return make_branch("S01")


@pytest.fixture
def northerner(north: Branch) -> Operator:
    return make_operator("nora", "branch", branch=north)


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield
