from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery.app.task import Task
from django.utils.translation import override

from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from tests.consoles.conftest import enter  # noqa: F401  a fixture


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    directory.forget_everything()
    abuse.forget_everything()
    with override("en"):
        yield
    directory.forget_everything()


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[object, ...]]]:
    """What would have gone to the workers."""
    found: list[tuple[str, tuple[object, ...]]] = []
    monkeypatch.setattr(
        Task,
        "apply_async",
        lambda self, args=(), kwargs=None, **_o: found.append((self.name, args)),
    )
    return found
