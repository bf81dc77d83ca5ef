from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from secrets import token_hex

import pytest
from django.conf import settings

from openapi_gateway.upstream import breaker
from openapi_gateway.upstream.simulators.launching import Simulators, running


@pytest.fixture(scope="session")
def simulators() -> Iterator[Simulators]:
    """The simulated liveness engine and core as processes of their own, connected by the settings
    that the vendors "liveness" and "core" go by."""
    shared = {"LIVENESS_SECRET": token_hex(20), "CORE_SECRET": token_hex(20)}
    keys = ",".join(f"{name}:{b64encode(key).decode()}" for name, key in settings.ZONE_KEYS.items())
    with (
        pytest.MonkeyPatch.context() as patch,
        running({**shared, "ZONE_KEYS": keys}) as started,
    ):
        for name, value in {**shared, **started.environment}.items():
            patch.setattr(settings, name, value)
        yield started


@pytest.fixture(autouse=True)
def _breakers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's vendors did is nothing to another's."""
    monkeypatch.setattr(breaker, "PREFIX", f"gw:breaker:{token_hex(8)}:")
