from __future__ import annotations

from collections.abc import Iterator

import pytest

from openapi_gateway.metering import months
from tests.consoles.conftest import enter  # noqa: F401  a fixture
from tests.openapi_gateway.metering.entries import Stream, new_stream


@pytest.fixture
def stream(db: None) -> Iterator[Stream]:
    with new_stream() as found:
        yield found


@pytest.fixture(autouse=True)
def _no_month_remembered() -> Iterator[None]:
    yield
    months.forget()
