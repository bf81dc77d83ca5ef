"""The environment of a run on servers of its own: their addresses and generated secrets."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, MutableMapping

from config.embedded.local_secrets import secret_of
from config.embedded.places import VARIABLE, find_place
from config.embedded.servers import Servers, ensure_servers

TRUE = {"1", "true", "yes", "on"}


def _key_ring() -> str:
    return "local1:" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


GENERATED: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_KEYS": _key_ring,
    "GATEWAY_SIGNING_KEYS": _key_ring,
    "PAIRWISE_KEYS": _key_ring,
    "ZONE_KEYS": _key_ring,
    "LIVENESS_SECRET": lambda: secrets.token_urlsafe(32),
    "CORE_SECRET": lambda: secrets.token_urlsafe(32),
}


def prepare(environ: MutableMapping[str, str]) -> Servers:
    """Ensure the servers and complete the environment; what is set already stays as it is."""
    servers = ensure_servers(environ=environ)
    complete(environ, servers)
    return servers


def complete(environ: MutableMapping[str, str], servers: Servers) -> None:
    environ["DATABASE_URL"], environ["REDIS_URL"] = servers.database_url, servers.redis_url
    if servers.place is not None:
        environ[VARIABLE] = str(servers.place.root)
    if servers.embedded_postgres:
        environ["FUXIANG_EMBEDDED"] = "1"
    debug = environ.get("DEBUG", "").strip().lower() in TRUE
    # On a given database a missing secret is a mistake to be told, not one to be papered over.
    if servers.embedded_postgres or debug:
        place = servers.place or find_place(environ.get(VARIABLE))
        for name, make in GENERATED.items():
            if not environ.get(name):
                environ[name] = secret_of(place, name, make)
