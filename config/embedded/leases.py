"""Who uses the servers: one exclusive lock for every change, one lease per user.

Both are flock()ed files. The kernel drops such a lock when its process ends, however it ends, so
neither a killed start nor a killed user ever blocks the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError

PATIENCE_SECONDS = 300.0


@contextlib.contextmanager
def exclusive(path: Path, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock file; waits for whoever holds it. Not re-entrant."""
    handle = _locked_handle(path, time.monotonic() + patience)
    try:
        yield
    finally:
        os.close(handle)


def _locked_handle(path: Path, deadline: float) -> int:
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            raise  # the place itself was removed
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise EmbeddedError(f"The lock file {path} cannot be opened ({reason}).") from error
        if _try_lock(handle) and _is_still_at(handle, path):
            return handle
        os.close(handle)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Another command has held {path} for too long; is it stuck?")
        time.sleep(0.05)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still_at(handle: int, path: Path) -> bool:
    """False when the file was removed (a throw-away place) while we waited for it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


@dataclass(frozen=True)
class Lease:
    """One user's hold on the servers. Take and drop it only while holding the place's lock."""

    path: Path
    handle: int
    owner: int

    def drop(self) -> None:
        if os.getpid() == self.owner:  # a forked child must not end its parent's lease
            self.path.unlink(missing_ok=True)
        os.close(self.handle)


def take_lease(folder: Path) -> Lease:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.write(handle, f"{os.getpid()} {' '.join(sys.argv)}\n".encode(errors="replace")[:500])
    return Lease(path, handle, os.getpid())


def living_leases(folder: Path) -> list[str]:
    """A line about each user that is still there; leases of ended processes are swept away."""
    found: list[str] = []
    for path in sorted(folder.glob("*")):
        handle = os.open(path, os.O_RDWR)
        try:
            if _try_lock(handle):
                path.unlink(missing_ok=True)
            else:
                found.append(os.read(handle, 500).decode(errors="replace").strip() or path.name)
        finally:
            os.close(handle)
    return found
