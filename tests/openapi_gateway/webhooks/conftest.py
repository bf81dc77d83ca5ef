from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from openapi_gateway.credentials.models import Client
from operators.models import Operator
from tests.approvals.people import make_operator
from tests.openapi_gateway.making import a_client


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """What the code says, not how it is translated."""
    with override("en"):
        yield


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("hooks-maker", "maker")


@pytest.fixture
def client_of_alpha(bank: Any) -> Client:
    return a_client(bank)
