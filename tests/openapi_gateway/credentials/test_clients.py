from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from openapi_gateway.access.choices import GrantState
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import services
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.errors import BadClient, CredentialRefused
from openapi_gateway.credentials.models import Client
from tenants.models import SchemaVersion
from tests.openapi_gateway.making import a_grant, a_key_pair


def version() -> int:
    row = SchemaVersion.objects.filter(schema_name="gateway:clients").first()
    return row.version if row else 0


def test_a_bank_registers_edits_and_closes_a_client(bank: Any, maker: Any) -> None:
    before = version()
    client = services.register_client(
        actor=maker, bank=bank, name=" Rural  shop ", summary="groceries",
        origins=["https://M.shop.example.com", "https://m.shop.example.com"],
    )  # fmt: skip
    services.edit_client(actor=maker, client=client, name="Rural shop 2", origins=[])
    services.close_client(actor=maker, client=client, reason="sold")

    client.refresh_from_db()
    assert (client.name, client.origins, client.state) == ("Rural shop 2", [], ClientState.CLOSED)
    told = AuditEvent.objects.filter(target_id=str(client.pk), event__startswith="gateway.client")
    assert sorted(told.values_list("event", flat=True)) == [
        "gateway.client_closed", "gateway.client_edited", "gateway.client_registered",
    ]  # fmt: skip
    assert version() == before + 3
    with pytest.raises(CredentialRefused, match="closed"):
        services.make_secret(actor=maker, client=client, environment="sandbox")


def test_names_are_taken_once_in_a_bank(bank: Any, maker: Any) -> None:
    services.register_client(actor=maker, bank=bank, name="shop")
    other = services.register_client(actor=maker, bank=bank, name="other")

    with pytest.raises(BadClient, match="already"):
        services.register_client(actor=maker, bank=bank, name=" shop ")
    with pytest.raises(BadClient, match="already"):
        services.edit_client(actor=maker, client=other, name="shop")
    services.edit_client(actor=maker, client=other, name="other", summary="the same name")


@pytest.mark.parametrize(
    "origin",
    [
        "http://m.example.com", "https://m.example.com/", "https://m.example.com/x", "https://",
        "https://*.example.com", "https://user@m.example.com", "https://10.0.0.1", "m.example.com",
        "https://m.example.com;script-src *", "https://m.example.com\nhttps://evil.example",
        "https://localhost", "javascript:alert(1)", "https://m.example.com:99999999",
    ],
)  # fmt: skip
def test_what_is_no_web_origin_is_refused(bank: Any, maker: Any, origin: str) -> None:
    with pytest.raises(BadClient, match="web origin"):
        services.register_client(actor=maker, bank=bank, name="shop", origins=[origin])


def test_local_origins_are_for_local_runs(bank: Any, maker: Any, settings: Any) -> None:
    settings.LOCAL = False
    with pytest.raises(BadClient):
        services.register_client(
            actor=maker, bank=bank, name="a", origins=["http://shop.localhost:8000"]
        )
    settings.LOCAL = True
    services.register_client(
        actor=maker, bank=bank, name="a", origins=["http://shop.localhost:8000"]
    )


def test_a_client_with_an_open_grant_is_not_closed(client_of_alpha: Client, maker: Any) -> None:
    grant = a_grant(client_of_alpha)

    with pytest.raises(CredentialRefused, match="holds grants"):
        services.close_client(actor=maker, client=client_of_alpha, reason="sold")

    grant.state = GrantState.TERMINATED
    grant.save()
    services.close_client(actor=maker, client=client_of_alpha, reason="sold")


def test_closing_revokes_every_key_and_the_waiting_ones(
    client_of_alpha: Client, maker: Any
) -> None:
    services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")
    services.upload_key(
        actor=maker, client=client_of_alpha, environment="production",
        pem=a_key_pair(Algorithm.SM2)[1],
    )  # fmt: skip

    services.close_client(actor=maker, client=client_of_alpha, reason="sold")

    assert set(client_of_alpha.keys.values_list("state", flat=True)) == {KeyState.REVOKED}
