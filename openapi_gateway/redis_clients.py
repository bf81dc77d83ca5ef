from __future__ import annotations

from functools import lru_cache

import redis


@lru_cache(maxsize=4)
def redis_of(url: str) -> redis.Redis:
    """For everything but the admission of a call: one pool of connections per process, and a second
    at most to wait."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
