from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from openapi_gateway.access.choices import GrantState
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.records import Limits
from openapi_gateway.limits import abuse
from tests.openapi_gateway.conformance.driving import hold_by
from tests.openapi_gateway.making import Partner, a_ready_partner


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    directory.forget_everything()
    abuse.forget_everything()
    yield
    directory.forget_everything()


@pytest.fixture(autouse=True)
def _nobody_delivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openapi_gateway.outbox.services.enqueue_on_commit", lambda *given: None)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that waits by jumping the clock cannot wait for Redis, whose clock does not jump:
    on a fast machine a run would meet the limit of calls per second."""
    without = Limits(rate_per_second=0, burst=0, day_quota=0, month_quota=0)
    monkeypatch.setattr("openapi_gateway.callers.ACCOUNT_LIMITS", without)


@pytest.fixture
def traveller(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import datetime as dt

    with time_machine.travel(dt.datetime.now(dt.UTC), tick=True) as clock:
        hold_by(clock, monkeypatch)
        yield clock


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha, state=GrantState.SANDBOX_ACTIVE)
