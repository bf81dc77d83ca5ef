from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from approvals import registry
from operators.models import Operator
from tests.approvals.fake_kind import FakeKind
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


@pytest.fixture
def fake_kind() -> Iterator[FakeKind]:
    kind = FakeKind()
    registry.register(kind)
    yield kind
    registry.unregister(kind.name)
