"""What became of each call, on its way to the call log: the Redis stream ``gw:calls``.

Two kinds of entries. Field ``a``: one admitted A2 call, written by the admission's script before
anything else happens, so that no call is ever answered that the log will not know. Field ``b``: a
batch of finished calls, written behind the answer, a tenth of a second later at most; what is
billed is written before it. The drain joins them by request id.

``a``: ``[request_id, at_ms, bank_id, app_id, key_id, environment, operation, service, address]``.
``b``: a list of ``[request_id, at_ms, bank_id, app_id, key_id, environment, operation, service,
status, code, latency_us, billable, address, subject]``. msgspec JSON, both.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque

import msgspec
from django.conf import settings
from redis.exceptions import RedisError

from openapi_gateway import errors
from openapi_gateway.limits.admission import STREAM
from openapi_gateway.limits.quotas import give_back
from openapi_gateway.metering.wire import Finished
from openapi_gateway.redis_clients import redis_of

logger = logging.getLogger(__name__)

EVERY_SECONDS = 0.1
AT_ONCE = 500
# Beyond it, with Redis away, the oldest are lost: the marks of A2 calls are not among them.
MOST_WAITING = 50_000
_encode = msgspec.json.Encoder().encode


class _Writer:
    """One thread per process, begun by the first call."""

    def __init__(self) -> None:
        self._waiting: deque[Finished] = deque(maxlen=MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pid = os.getpid()

    def add(self, finished: Finished) -> None:
        self._waiting.append(finished)
        if self._thread is None or self._pid != os.getpid():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, name="call-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(EVERY_SECONDS)
            try:
                self.flush()
            except RedisError:
                logger.warning("gateway.call_log_waits count=%d", len(self._waiting))
                time.sleep(1)

    def flush(self) -> None:
        with self._writing:
            while self._waiting:
                # Taken off only when written: what Redis refuses is offered again.
                batch = [self._waiting[i] for i in range(min(AT_ONCE, len(self._waiting)))]
                write(batch)
                for _each in batch:
                    self._waiting.popleft()


_writer = _Writer()
os.register_at_fork(after_in_child=_writer.__init__)  # type: ignore[misc]


def tell(finished: Finished) -> None:
    _writer.add(finished)


def flush() -> None:
    """What waits in this process. Raises ``RedisError``."""
    _writer.flush()


def write(batch: list[Finished]) -> None:
    """At once, with what failed calls give back to their quotas. Raises ``RedisError``."""
    with redis_of(settings.REDIS_URL).pipeline() as pipe:
        pipe.xadd(STREAM, {"b": _encode(batch)})
        for each in batch:
            if _used_nothing(each):
                give_back(pipe, each.app_id, each.environment, each.service, each.at_ms / 1000)
        pipe.execute()


def _used_nothing(each: Finished) -> bool:
    """Admitted, and then failed on our side. Without a dependency nothing has been counted."""
    failed = each.status >= 500 and each.code != errors.UNAVAILABLE
    return failed and bool(each.key_id and each.service)


@atexit.register
def _last_words() -> None:
    try:
        _writer.flush()
    except RedisError:
        logger.warning("gateway.call_log_lost count=%d", len(_writer._waiting))
