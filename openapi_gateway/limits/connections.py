"""One connection to Redis per thread, used without the client's layers of retries: what a signed
call needs of Redis is one command and its answer."""

from __future__ import annotations

import os
import threading
from hashlib import sha1
from typing import Any

import hiredis
import redis
from django.conf import settings
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as NoAnswer

SECONDS = 1.0
_local = threading.local()


class Away(RuntimeError):
    """Redis cannot be reached, or refuses to write."""


class Script:
    def __init__(self, source: str) -> None:
        self._source = source.encode()
        self._digest = sha1(self._source, usedforsecurity=False).hexdigest()

    def run(self, keys: int, *arguments: str | bytes | int) -> Any:
        """Raises ``Away``. A connection that was lost while idle is made anew, once: scripts that
        must not count twice carry the id of their request."""
        try:
            return self._run(keys, arguments)
        except (NoConnection, NoAnswer, OSError):
            _drop()
        except RedisError as error:
            raise Away(str(error)) from error
        try:
            return self._run(keys, arguments)
        except (RedisError, OSError) as error:
            _drop()
            raise Away(str(error)) from error

    def _run(self, keys: int, arguments: tuple[str | bytes | int, ...]) -> Any:
        connection = _connection()
        try:
            return _asked(connection, "EVALSHA", self._digest, keys, *arguments)
        except NoScriptError:
            return _asked(connection, "EVAL", self._source, keys, *arguments)


def _asked(connection: Any, *words: Any) -> Any:
    # Packed in one piece, in C: the client's own way looks at each word in Python.
    connection.send_packed_command([hiredis.pack_command(words)], check_health=False)
    return connection.read_response()


def _connection() -> Any:
    known: Any = getattr(_local, "connection", None)
    # A forked child must not speak on its parent's socket.
    if known is None or _local.pid != os.getpid() or _local.url != settings.REDIS_URL:
        pool = redis.ConnectionPool.from_url(
            settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        )
        known = _local.connection = pool.make_connection()
        _local.pid, _local.url = os.getpid(), settings.REDIS_URL
        known.connect()
    return known


def _drop() -> None:
    known: Any = getattr(_local, "connection", None)
    if known is not None:
        known.disconnect()
    _local.connection = None
