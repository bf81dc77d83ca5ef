from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openapi_gateway.credentials import directory, platform_ring
from openapi_gateway.limits import abuse
from tests.openapi_gateway.making import Partner, a_ready_partner


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    directory.forget_everything()
    platform_ring.forget()
    abuse.forget_everything()
    yield
    directory.forget_everything()
    platform_ring.forget()


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha, ("identity", "keyboard"))
