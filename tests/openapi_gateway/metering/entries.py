"""Entries of the stream of calls, as the gateway writes them, on a stream of the test's own."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import redis
from django.conf import settings

_numbers = itertools.count(1)
ADDRESS = "203.0.113.77"


def new_id() -> str:
    return f"req_{next(_numbers):010d}{secrets.token_hex(8)}"


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def finished(at: datetime, **changes: Any) -> list[Any]:
    """One call as field ``b`` carries it."""
    known = {
        "request_id": new_id(), "at_ms": milliseconds(at), "bank_id": 1,
        "app_id": "app_aaaaaaaaaaaaaaaa", "key_id": "k_prd_aaaaaaaaaaaaaaaa",
        "environment": "production", "operation": "identity.introspect", "service": "identity",
        "status": 200, "code": "ok", "latency_us": 4_000, "billable": True, "address": ADDRESS,
        "subject": "o_abcdefgh",
    }  # fmt: skip
    assert changes.keys() <= known.keys()
    return list({**known, **changes}.values())


def admitted(call: list[Any]) -> list[Any]:
    """The same call as field ``a`` carries it."""
    return [*call[:8], call[12]]


class Stream:
    def __init__(self, server: redis.Redis) -> None:
        self.server, self.name = server, f"gw:calls:test:{secrets.token_hex(8)}"

    @staticmethod
    def encoded(**fields: Any) -> dict[Any, Any]:
        return {
            name: each if isinstance(each, bytes) else msgspec.json.encode(each)
            for name, each in fields.items()
        }

    def add(self, **fields: Any) -> str:
        return self.server.xadd(self.name, self.encoded(**fields)).decode()  # type: ignore[union-attr]

    @property
    def length(self) -> int:
        return int(self.server.xlen(self.name))


@contextmanager
def new_stream() -> Iterator[Stream]:
    server = redis.Redis.from_url(settings.REDIS_URL)
    stream = Stream(server)
    try:
        yield stream
    finally:
        server.delete(stream.name)
        server.close()
