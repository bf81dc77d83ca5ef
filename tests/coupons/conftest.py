from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from coupons.life import pool
from coupons.terms import reading


@pytest.fixture(autouse=True)
def _nothing_remembered_of_coupons() -> Iterator[None]:
    """A rolled-back test takes its versions and its stock back."""
    yield
    pool.forget()
    reading.forget()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What the code says, not how it is translated."""
    with override("en"):
        yield
