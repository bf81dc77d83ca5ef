from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from tests.openapi_gateway.access.applying import Cast, cast_of


@pytest.fixture
def cast(alpha: Any) -> Cast:
    return cast_of(alpha)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is announced lies in the outbox; sending it on is another room's."""
    monkeypatch.setattr("openapi_gateway.outbox.services.enqueue_on_commit", lambda name: None)
