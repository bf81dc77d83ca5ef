from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.isolation.conftest import Filled
from tests.isolation.routes import addresses_of, routes_of
from tests.mobile.phones import key_set, token


@pytest.fixture(autouse=True)
def _identity(settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()


def phone_at(filled: Filled, bank: str, number: str) -> Client:
    return Client(
        headers={"host": filled.host, "authorization": f"Bearer {token(bank, sub=number)}"}
    )


def api_addresses(ids: tuple[str, ...]) -> list[str]:
    routes = [r for r in routes_of("config.urls_bank") if "/api/" in r and "schema" not in r]
    return sorted({address for route in routes for address in addresses_of(route, ids)})


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_a_token_for_another_bank_is_refused_at_every_route(
    filled_alpha: Filled, filled_beta: Filled, method: str
) -> None:
    client = phone_at(filled_alpha, "beta", "ZqxbetaC1")

    for address in api_addresses(filled_alpha.ids):
        response = getattr(client, method)(address)
        # Notices of payments are signed by their school's secret and look at no token.
        signed = {401} if address.endswith("/campus/payments") else set()
        assert response.status_code in {403, 404, 405} | signed, address
        assert filled_alpha.mark not in response.content.decode(), address


def test_another_bank_s_ids_find_nothing(filled_alpha: Filled, filled_beta: Filled) -> None:
    client = phone_at(filled_alpha, "alpha", "ZqxalphaC1")

    strangers = [client.get(a).content.decode() for a in api_addresses(filled_beta.ids)]
    own = [client.get(a).content.decode() for a in api_addresses(filled_alpha.ids)]

    assert [text for text in strangers if filled_beta.mark in text] == []
    assert any(filled_alpha.mark in text for text in own)
