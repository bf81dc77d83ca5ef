from __future__ import annotations

from typing import Any

import pytest

from tests.mobile.phones import key_set


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()
