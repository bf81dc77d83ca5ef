"""What a process knows of keys and their clients, so that a signed call asks the database nothing.

Records are dropped when the version of ``changes.NAME`` moves, which each process notices within
half a second, and at once when the admission of a call meets a newer epoch of the client (see
``openapi_gateway.changes``). What depends on the clock (expiry, overlap, periods) is judged at each
call.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from zoneinfo import ZoneInfo

from django.conf import settings
from django_tenants.utils import tenant_context

from openapi_gateway import errors
from openapi_gateway.access.choices import CatalogueState, GrantState, Suspension
from openapi_gateway.access.models import Grant, GrantedService
from openapi_gateway.changes import NAME, epoch_of
from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.sealing import open_secret
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.signing.algorithms import (
    Sign,
    Verify,
    hmac_signer,
    hmac_verifier,
    load_public_key,
    verifier,
)
from tenants.changes import current_directory
from tenants.choices import BankStatus
from tenants.hosts import bank_host
from tenants.platform import PLATFORM

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNKNOWN_SECONDS = 5.0
MAX_UNKNOWN = 10_000
Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one client on one service; 0 = no limit of this kind."""

    rate_per_second: int
    burst: int
    day_quota: int
    month_quota: int


# The sandbox is for trying: the same for everybody, whatever the plan.
SANDBOX_LIMITS = Limits(
    rate_per_second=settings.SANDBOX_CALLS_PER_SECOND,
    burst=2 * settings.SANDBOX_CALLS_PER_SECOND,
    day_quota=1_000 * settings.SANDBOX_CALLS_PER_SECOND,
    month_quota=10_000 * settings.SANDBOX_CALLS_PER_SECOND,
)


@dataclass(frozen=True, slots=True)
class Permit:
    """A granted service of one grant."""

    grant_uid: str
    service: str
    level: str
    version: str
    scopes: frozenset[str]
    state: str
    suspension: str
    # Seconds since 1970; the end is exclusive.
    starts_at: float
    ends_at: float
    # The version's last day has passed at this moment; infinity without a sunset.
    sunset_at: float
    networks: Mapping[str, Networks]
    callback_urls: Mapping[str, tuple[str, ...]]
    limits: Limits

    def limits_in(self, environment: str) -> Limits:
        return self.limits if environment == Environment.PRODUCTION else SANDBOX_LIMITS


@dataclass(frozen=True, slots=True)
class ClientRecord:
    client_id: int
    app_id: str
    name: str
    bank_id: int
    bank_slug: str
    schema_name: str
    is_open: bool
    origins: tuple[str, ...]
    permits: Mapping[str, tuple[Permit, ...]]
    # As it stood before this was read; the admission of a call compares it with the present one.
    epoch: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    key_id: str
    version: int
    environment: str
    algorithm: Algorithm
    state: str
    # Seconds since 1970, exclusive: the earlier of expiry and the end of the overlap.
    ends_at: float
    networks: Networks
    verify: Verify
    # Of symmetric keys: answers are signed with the client's own secret.
    sign: Sign | None
    client: ClientRecord


class Directory:
    """Of one version of the clients' data."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._keys: dict[str, KeyRecord] = {}
        self._clients: dict[str, ClientRecord] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, key_id: str) -> KeyRecord | None:
        record = self._keys.get(key_id)
        if record is not None:
            return record
        if self._unknown.get(key_id, 0) > time.monotonic():
            return None
        record = _read_key(key_id, self.client)
        with self._lock:
            if record is None:
                self._remember_unknown(key_id)
            else:
                self._keys[key_id] = record
        return record

    def client(self, app_id: str) -> ClientRecord | None:
        record = self._clients.get(app_id)
        if record is None and (record := _read_client(app_id)) is not None:
            self._clients[app_id] = record
        return record

    def forget(self, app_id: str) -> None:
        with self._lock:
            self._clients.pop(app_id, None)
            for key_id in [k for k, each in self._keys.items() if each.client.app_id == app_id]:
                del self._keys[key_id]

    def _remember_unknown(self, key_id: str) -> None:
        self._unknown[key_id] = time.monotonic() + UNKNOWN_SECONDS
        while len(self._unknown) > MAX_UNKNOWN:
            self._unknown.popitem(last=False)


_directory = Directory(-1)


def current() -> Directory:
    global _directory
    version = current_directory().versions.get(NAME, 0)
    known = _directory
    if known.version != version:
        known = _directory = Directory(version)
    return known


def forget_everything() -> None:
    """For tests, whose rolled-back transactions take versions back."""
    global _directory
    _directory = Directory(-1)


def key_of(key_id: str) -> KeyRecord | None:
    return current().key(key_id)


def client_of(app_id: str) -> ClientRecord | None:
    return current().client(app_id)


def forget_client(app_id: str) -> None:
    """Of this process: what it remembers is known to be old."""
    _directory.forget(app_id)


# --- Judging by the clock ------------------------------------------------------------------------
def permit_for(client: ClientRecord, service: str, environment: str, at: float) -> Permit:
    """The client's best grant of the service. Raises ``GatewayRefused`` with the reason of the one
    that comes nearest."""
    refusal = errors.SCOPE_DENIED
    if not client.is_open:
        raise GatewayRefused(refusal)
    if not is_serving(client):
        raise GatewayRefused(errors.GRANT_SUSPENDED)
    for permit in client.permits.get(service, ()):
        reason = _refusal_of(permit, environment, at)
        if reason is None:
            return permit
        refusal = reason
    raise GatewayRefused(refusal)


def is_serving(client: ClientRecord) -> bool:
    """A suspended or closed bank is refused here, too, as soon as on its own host."""
    bank = current_directory().banks.get(bank_host(client.bank_slug))
    return bank is not None and bank.status not in (BankStatus.SUSPENDED, BankStatus.CLOSED)


def _refusal_of(permit: Permit, environment: str, at: float) -> str | None:
    is_production = environment == Environment.PRODUCTION
    if permit.state == GrantState.TERMINATED:
        return errors.SCOPE_DENIED
    if not permit.starts_at <= at < min(permit.ends_at, permit.sunset_at):
        return errors.GRANT_EXPIRED
    if permit.suspension == Suspension.ALL or (permit.suspension and is_production):
        return errors.GRANT_SUSPENDED
    if is_production and permit.state != GrantState.PRODUCTION_ACTIVE:
        return errors.GRANT_PENDING
    return None


def is_allowed(address: str, networks: Networks) -> bool:
    """An empty list allows every address."""
    if not networks:
        return True
    found = _parsed(address)
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


# --- Reading -------------------------------------------------------------------------------------
def _read_key(key_id: str, client: Callable[[str], ClientRecord | None]) -> KeyRecord | None:
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


def _read_client(app_id: str) -> ClientRecord | None:
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
