"""The embedded servers as their users see them: ensure, use, release; the last out stops them."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from config.embedded import postgres_server, redis_server
from config.embedded.databases import ensure_database
from config.embedded.errors import EmbeddedError
from config.embedded.leases import Lease, exclusive, living_leases, take_lease
from config.embedded.places import PROJECT, VARIABLE, Place, find_place

DATABASE = "fuxiang"


@dataclass(frozen=True)
class Servers:
    """The addresses to use, and a hold on the servers behind them until `release`."""

    database_url: str = field(repr=False)  # they carry passwords
    redis_url: str = field(repr=False)
    embedded_postgres: bool
    embedded_redis: bool
    started_postgres: bool = False
    started_redis: bool = False
    place: Place | None = None
    _leases: list[Lease] = field(default_factory=list, repr=False, compare=False)

    def release(self) -> None:
        """Give up the hold; stops the servers if nobody else holds them. Safe to call twice."""
        atexit.unregister(self.release)
        if self.place is None or not self._leases:
            return
        lease = self._leases.pop()
        if lease.owner != os.getpid() or not self.place.root.exists():
            lease.drop()
            return
        with exclusive(self.place.lock):
            lease.drop()
            _stop_if_unused(self.place)

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def ensure_servers(
    local_dir: Path | str | None = None, *, environ: Mapping[str, str] | None = None
) -> Servers:
    """Have PostgreSQL and Redis running, each unless DATABASE_URL or REDIS_URL names another.

    The hold ends with `release` or with the process, however that ends.
    """
    given = os.environ if environ is None else environ
    database_url, redis_url = given.get("DATABASE_URL") or "", given.get("REDIS_URL") or ""
    if database_url and redis_url:
        return Servers(database_url, redis_url, embedded_postgres=False, embedded_redis=False)
    place = find_place(local_dir or given.get(VARIABLE))
    with exclusive(place.lock):
        lease = take_lease(place.leases)
        try:
            servers = _start(place, database_url, redis_url, lease)
        except BaseException:
            lease.drop()
            _stop_if_unused(place)
            raise
    atexit.register(servers.release)
    return servers


def _start(place: Place, database_url: str, redis_url: str, lease: Lease) -> Servers:
    started_redis = not redis_url and redis_server.ensure_redis(place)
    started_postgres = not database_url and postgres_server.ensure_postgres(place)
    if (started_redis or started_postgres) and place.is_unusual:
        sys.stderr.write(f"{PROJECT / '.local'} is not yours: servers and data in {place.root}\n")
    servers = Servers(
        database_url or _database_url(place),
        redis_url or _present(redis_server.url_of(place), "Redis"),
        embedded_postgres=not database_url,
        embedded_redis=not redis_url,
        started_postgres=started_postgres,
        started_redis=started_redis,
        place=place,
    )
    servers._leases.append(lease)
    return servers


def _database_url(place: Place) -> str:
    return ensure_database(DATABASE, _present(postgres_server.url_of(place), "PostgreSQL"))


def _present(url: str | None, what: str) -> str:
    if url is None:
        raise EmbeddedError(f"{what} ended right after its start; see its log.")
    return url


def _stop_if_unused(place: Place) -> None:
    if not living_leases(place.leases) and not place.kept.exists():
        stop_everything(place)


def stop_everything(place: Place) -> None:
    """Whoever uses it. With the place's lock held."""
    redis_server.stop_redis(place)
    postgres_server.stop_postgres(place)
