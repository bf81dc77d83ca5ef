from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("campaigns.province.joining.enqueue_on_commit", lambda *_a, **_b: None)
    monkeypatch.setattr("campaigns.province.waves.enqueue_on_commit", lambda *_a, **_b: None)
    with translation.override("en"):
        yield
