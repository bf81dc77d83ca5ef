"""A user of the servers in a process of its own: says what it got, holds it until stdin ends."""

from __future__ import annotations

import json
import sys

from config.embedded import EmbeddedError, ensure_servers
from config.embedded.postgres_server import running_postmaster
from config.embedded.redis_server import running_redis


def main() -> int:
    try:
        servers = ensure_servers()
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    assert servers.place is not None
    postmaster, redis = running_postmaster(servers.place), running_redis(servers.place)
    said = {
        "place": str(servers.place.root),
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
        "started_postgres": servers.started_postgres,
        "started_redis": servers.started_redis,
        "postmaster": postmaster.pid if postmaster else None,
        "redis": redis.pid if redis else None,
    }
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    servers.release()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
