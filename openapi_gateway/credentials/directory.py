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
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from openapi_gateway import errors
from openapi_gateway.access.choices import GrantState, Suspension
from openapi_gateway.changes import NAME
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.reading import read_client, read_key
from openapi_gateway.credentials.records import ClientRecord, KeyRecord, Networks, Permit
from openapi_gateway.errors import GatewayRefused
from tenants.changes import current_directory
from tenants.choices import BankStatus
from tenants.hosts import bank_host

UNKNOWN_SECONDS = 5.0
MAX_UNKNOWN = 10_000


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
        record = read_key(key_id, self.client)
        with self._lock:
            if record is None:
                self._remember_unknown(key_id)
            else:
                self._keys[key_id] = record
        return record

    def client(self, app_id: str) -> ClientRecord | None:
        record = self._clients.get(app_id)
        if record is None and (record := read_client(app_id)) is not None:
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
def permit_for(
    client: ClientRecord, service: str, environment: str, at: float,
    *, scope: str = "", address: str | None = None,
) -> Permit:  # fmt: skip
    """The client's best grant of the service: the newest that covers ``scope`` and ``address``, so
    that another grant takes nothing away. Raises ``GatewayRefused`` with the reason of the one that
    comes nearest."""
    refusal, misfit = errors.SCOPE_DENIED, ""
    if not client.is_open:
        raise GatewayRefused(refusal)
    if not is_serving(client):
        raise GatewayRefused(errors.GRANT_SUSPENDED)
    for permit in client.permits.get(service, ()):
        reason = _refusal_of(permit, environment, at)
        if reason is not None:
            refusal = reason
        elif lack := _lack_of(permit, environment, scope, address):
            misfit = misfit or lack
        else:
            return permit
    raise GatewayRefused(misfit or refusal)


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


def _lack_of(permit: Permit, environment: str, scope: str, address: str | None) -> str:
    """No address is asked about when there is none; one that is not known is in no list."""
    if scope and scope not in permit.scopes:
        return errors.SCOPE_DENIED
    if address is not None and not is_allowed(address, permit.networks.get(environment, ())):
        return errors.IP_DENIED
    return ""


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
