from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.campaigns.making import forget


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("campaigns.taking.waking.enqueue_on_commit", lambda *_a, **_b: None)
    forget()
    yield
    forget()
