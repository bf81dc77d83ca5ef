from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery.app.task import Task
from django.utils.translation import override

from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse


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


@pytest.fixture(autouse=True)
def _webhooks() -> None:
    from celery import current_app

    def nothing() -> None: ...

    name = "openapi_gateway.webhooks.tasks.deliver_waiting"
    if name not in current_app.tasks:
        current_app.task(name=name)(nothing)
