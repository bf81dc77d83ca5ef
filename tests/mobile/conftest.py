from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from campaigns.rules import live as rules
from coupons.life import pool
from coupons.terms import reading
from operators.models import Operator
from tests.approvals.people import make_operator
from tests.mobile.phones import key_set


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()


@pytest.fixture(autouse=True)
def _nothing_of_the_bank_remembered() -> Iterator[None]:
    """Terms, pools and rules of a bank that a test takes back."""
    yield
    rules.forget()
    pool.forget()
    reading.forget()


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


@pytest.fixture
def checker(bank: Any) -> Operator:
    return make_operator("chen", "checker")
