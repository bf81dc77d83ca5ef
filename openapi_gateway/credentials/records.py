"""A key, its client and what it was granted, as a process remembers them. Never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from django.conf import settings

from openapi_gateway.choices import Algorithm, Environment
from openapi_gateway.signing.algorithms import Sign, Verify

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
