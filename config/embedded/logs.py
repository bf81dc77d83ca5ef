"""Log files of the servers: one per server, one older generation, and its last words on demand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

LARGEST = 10 * 1024 * 1024


def open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def last_words(path: Path, since: int = 0) -> str:
    """The line that best says why a server ended, of those written after that position."""
    try:
        with path.open("rb") as file:
            file.seek(since)
            lines = file.read()[-20_000:].decode(errors="replace").splitlines()
    except OSError:
        return "no log"
    grave = [line for line in lines if any(w in line for w in ("FATAL", "PANIC", "# ", "Error"))]
    return " ".join((grave or lines or ["no log"])[-1].split())


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
