from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openapi_gateway.base_services.identity import claims
from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from tests.mobile.phones import key_set
from tests.openapi_gateway.making import Partner, a_ready_partner


@pytest.fixture(autouse=True)
def _fresh(settings: Any) -> Iterator[None]:
    settings.CHANNEL_JWT_KEYS = key_set()
    directory.forget_everything()
    abuse.forget_everything()
    yield
    directory.forget_everything()


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha, ("identity", "liveness", "keyboard"))


class Core:
    """Stands for the bank's core; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.known = {"name": "张小三", "phone": "13812340000"}

    def fetch_claims(self, **question: Any) -> dict[str, str]:
        self.asked.append(question)
        return {name: self.known[name] for name in question["claims"] if name in self.known}


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    made = Core()
    monkeypatch.setattr(claims, "core", made)
    return made
