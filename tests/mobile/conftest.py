from __future__ import annotations

from typing import Any

import pytest

from operators.models import Operator
from tests.approvals.people import make_operator
from tests.mobile.phones import key_set


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")
