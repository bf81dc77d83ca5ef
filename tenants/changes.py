"""How a process notices what other processes changed: one background reader, twice a second."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from tenants.directory import Directory, read_directory

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
FIRST_READ_SECONDS = 10


class Reader:
    """A daemon thread with a connection of its own. What it read last stays valid while the
    database is away: whoever is served then needs the database too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loaded = threading.Event()
        self._stop = threading.Event()
        self._directory: Directory | None = None
        self._healthy = True

    def directory(self) -> Directory:
        thread, directory = self._thread, self._directory
        if thread is None or not thread.is_alive():
            self._start()
        elif directory is not None:
            return directory
        if not self._loaded.wait(FIRST_READ_SECONDS) or self._directory is None:
            raise OperationalError("The directory of banks could not be read.")
        return self._directory

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.forget()

    def forget(self) -> None:
        """In a forked child the parent's thread does not run; start anew at the next request."""
        self.__init__()  # type: ignore[misc]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="change-reader", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        stop = self._stop
        while not stop.is_set():
            self._read()
            stop.wait(POLL_SECONDS)
        connection.close()

    def _read(self) -> None:
        try:
            connection.close_if_unusable_or_obsolete()
            self._directory = read_directory(self._directory)
            self._loaded.set()
            self._healthy = True
        except (DatabaseError, InterfaceError):
            connection.close()
            if self._healthy:
                logger.warning("tenants.changes_unreadable", exc_info=True)
            self._healthy = False


_reader = Reader()
os.register_at_fork(after_in_child=_reader.forget)
_of_request: ContextVar[Directory | None] = ContextVar("tenants_directory", default=None)


def current_directory() -> Directory:
    if settings.CHANGE_READER == "sync":
        return _of_request.get() or read_directory()
    return _reader.directory()


@contextmanager
def reading_once(directory: Directory) -> Iterator[None]:
    """For the length of a request: without the background reader, one reading serves it all."""
    token = _of_request.set(directory)
    try:
        yield
    finally:
        _of_request.reset(token)


def version_of(schema_name: str) -> int:
    """Rises with every announced change of a schema; 0 when none was ever announced."""
    return current_directory().versions.get(schema_name, 0)


def stop_reader() -> None:
    """Ends the background reader of this process; the next request starts another."""
    _reader.stop()
