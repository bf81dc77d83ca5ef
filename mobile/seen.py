"""Customers whom this process has just looked up, remembered for a minute.

Every change of a customer's facts, counters or choices is told to all processes at once through
Redis; a process that cannot listen remembers nobody and asks the database each time.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from mobile.feed.people import Person

logger = logging.getLogger(__name__)

CHANNEL = "fx:customers-changed"
SECONDS = 60.0
MAX_SEEN = 30_000
RETRY_SECONDS = 1.0
STRIPES = 4096


class Sight:
    """One customer as looked up, and the answers that were made of it."""

    __slots__ = ("answers", "day", "epoch", "expires", "person")

    def __init__(self, person: Person, day: str = "", epoch: int = 0, expires: float = 0.0) -> None:
        self.person = person
        # The counters are those of this day.
        self.day = day
        self.epoch = epoch
        self.expires = expires
        # Whatever the view keeps with it, by mode.
        self.answers: dict[str, Any] = {}


class Memory:
    def __init__(self) -> None:
        self._sights: OrderedDict[tuple[str, str], Sight] = OrderedDict()
        self._lock = threading.Lock()
        # Counts changes: a look-up that a change overtook is not kept.
        self._changes = [0] * STRIPES
        self._epochs: dict[str, int] = defaultdict(int)

    def __len__(self) -> int:
        return len(self._sights)

    def get(self, schema_name: str, number: str, day: str) -> Sight | None:
        sight = self._sights.get((schema_name, number))
        if (
            sight is None
            or sight.expires <= time.monotonic()
            or sight.day != day
            or sight.epoch != self._epochs[schema_name]
        ):
            return None
        return sight

    def mark(self, schema_name: str, number: str) -> tuple[int, int]:
        """To be taken before the look-up and handed to ``keep``."""
        return self._changes[hash((schema_name, number)) % STRIPES], self._epochs[schema_name]

    def keep(self, schema_name: str, person: Person, day: str, mark: tuple[int, int]) -> Sight:
        sight = Sight(person, day, mark[1], time.monotonic() + SECONDS)
        with self._lock:
            if mark == self.mark(schema_name, person.number):
                self._sights[schema_name, person.number] = sight
                self._sights.move_to_end((schema_name, person.number))
                while len(self._sights) > MAX_SEEN:
                    self._sights.popitem(last=False)
        return sight

    def forget(self, schema_name: str, numbers: list[str] | tuple[str, ...] | None) -> None:
        """``None``: everybody of the bank."""
        with self._lock:
            if numbers is None:
                self._epochs[schema_name] += 1
                return
            for number in numbers:
                self._changes[hash((schema_name, number)) % STRIPES] += 1
                self._sights.pop((schema_name, number), None)

    def forget_all(self) -> None:
        with self._lock:
            self._sights.clear()
            self._changes = [count + 1 for count in self._changes]


class Listener:
    """A daemon thread that hears of changes made by other processes."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.is_listening = False

    def start(self) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="customer-changes", daemon=True
                    )
                    self._thread.start()

    def forget(self) -> None:
        """In a forked child the parent's thread does not run."""
        self.__init__(self._memory)  # type: ignore[misc]

    def _run(self) -> None:
        while True:
            try:
                self._listen()
            except (RedisError, OSError):
                if self.is_listening:
                    logger.warning("mobile.changes_unheard", exc_info=True)
            self.is_listening = False
            self._memory.forget_all()
            time.sleep(RETRY_SECONDS)

    def _listen(self) -> None:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=5
        )
        with client.pubsub() as channel:
            channel.subscribe(CHANNEL)
            while True:
                message = channel.get_message(timeout=5)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self.is_listening = True
                elif message["type"] == "message":
                    self._memory.forget(*json.loads(message["data"]))


memory = Memory()
_listener = Listener(memory)
os.register_at_fork(after_in_child=_listener.forget)
_client: redis.Redis | None = None


def may_remember() -> bool:
    """Whether changes reach this process; starts listening when it was not yet."""
    if _listener.is_listening:
        return True
    if settings.CHANGE_READER == "thread":
        _listener.start()
    return False


def tell_all(schema_name: str, numbers: tuple[str, ...] | None) -> None:
    """For ``customers.changes``: this process forgets at once, the others within milliseconds."""
    memory.forget(schema_name, numbers)
    if settings.CHANGE_READER != "thread":
        return
    try:
        _redis().publish(CHANNEL, json.dumps([schema_name, numbers]))
    except RedisError:
        # They cannot listen either then, and remember nobody; at worst they do for a minute.
        logger.warning("mobile.change_untold", exc_info=True)


def _redis() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        )
    return _client
