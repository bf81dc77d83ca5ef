"""Keys and clients from the database, on the platform's schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from datetime import time as clock
from ipaddress import ip_network
from zoneinfo import ZoneInfo

from django_tenants.utils import tenant_context

from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import Grant, GrantedService
from openapi_gateway.changes import epoch_of
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.records import ClientRecord, KeyRecord, Limits, Networks, Permit
from openapi_gateway.credentials.sealing import open_secret
from openapi_gateway.signing.algorithms import (
    Sign,
    Verify,
    hmac_signer,
    hmac_verifier,
    load_public_key,
    verifier,
)
from tenants.platform import PLATFORM

SHANGHAI = ZoneInfo("Asia/Shanghai")


def read_key(key_id: str, client: Callable[[str], ClientRecord | None]) -> KeyRecord | None:
    with tenant_context(PLATFORM):
        row = Key.objects.select_related("client__bank").filter(key_id=key_id).first()
        if row is None or row.state == KeyState.PENDING:
            return None
        owner = client(row.client.app_id)
        if owner is None:
            return None
        verify, sign = _material(row)
    return KeyRecord(
        key_id=row.key_id, version=row.version, environment=row.environment,
        algorithm=Algorithm(row.algorithm), state=row.state,
        ends_at=min(each.timestamp() for each in (row.expires_at, row.retires_at) if each),
        networks=_networks(row.addresses), verify=verify, sign=sign, client=owner,
    )  # fmt: skip


def _material(row: Key) -> tuple[Verify, Sign | None]:
    if Algorithm(row.algorithm).is_symmetric:
        secret = open_secret(row)
        return hmac_verifier(secret), hmac_signer(secret)
    algorithm, key = load_public_key(row.public_key)
    return verifier(algorithm, key), None


def read_client(app_id: str) -> ClientRecord | None:
    epoch = epoch_of(app_id)
    with tenant_context(PLATFORM):
        row = Client.objects.select_related("bank").filter(app_id=app_id).first()
        return None if row is None else _record_of(row, epoch)


def _record_of(row: Client, epoch: str) -> ClientRecord:
    return ClientRecord(
        client_id=row.pk, app_id=row.app_id, name=row.name, bank_id=row.bank_id,
        bank_slug=row.bank.slug, schema_name=row.bank.schema_name,
        is_open=row.state == ClientState.ACTIVE, origins=tuple(row.origins),
        permits=_permits(row), epoch=epoch,
    )  # fmt: skip


def _permits(client: Client) -> dict[str, tuple[Permit, ...]]:
    rows = (
        GrantedService.objects.filter(grant__client=client)
        .exclude(plan__version__state=CatalogueState.CLOSED)
        .exclude(plan__state=CatalogueState.CLOSED)
        .select_related("grant", "plan__version__service")
        .order_by("-grant_id", "-pk")
    )
    found: dict[str, list[Permit]] = {}
    for row in rows:
        permit = _permit(row, row.grant)
        found.setdefault(permit.service, []).append(permit)
    return {service: tuple(permits) for service, permits in found.items()}


def _permit(row: GrantedService, grant: Grant) -> Permit:
    plan, version = row.plan, row.plan.version
    return Permit(
        grant_uid=str(grant.uid), service=version.service.code, level=version.service.level,
        version=version.version, scopes=frozenset(row.scopes), state=grant.state,
        suspension=grant.suspension, starts_at=_midnight(grant.starts_on),
        ends_at=_midnight(grant.ends_on + timedelta(days=1)),
        sunset_at=(
            _midnight(version.sunset_on + timedelta(days=1)) if version.sunset_on else float("inf")
        ),
        networks={name: _networks(each) for name, each in grant.addresses.items()},
        callback_urls={name: tuple(each) for name, each in grant.callback_urls.items()},
        limits=Limits(plan.rate_per_second, plan.burst, plan.day_quota, plan.month_quota),
    )  # fmt: skip


def _networks(texts: Iterable[str]) -> Networks:
    return tuple(ip_network(text, strict=False) for text in texts)


def _midnight(day: date) -> float:
    return datetime.combine(day, clock(), SHANGHAI).timestamp()
