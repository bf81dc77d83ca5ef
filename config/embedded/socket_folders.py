"""A short private folder for a server's socket, whose path may have only about 107 bytes."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.places import digest_of

LONGEST = 60


def make_socket_folder(data: Path) -> Path:
    """A folder of mode 0700 that is surely ours; always the same one unless somebody took it."""
    base = _base()
    folder = base / f"fuxiang-{os.geteuid()}-{digest_of(data)}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if _is_ours(folder):
        return folder
    return Path(tempfile.mkdtemp(prefix=f"fuxiang-{os.geteuid()}-", dir=base))


def clear_socket_folder(folder: Path) -> None:
    """Remove what a dead server left. Call it only once that server is known to be gone."""
    if not _is_ours(folder):
        return
    for leftover in folder.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _base() -> Path:
    # PostgreSQL reads its setting as a list, so a plain path only.
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108
        short = len(os.fsencode(candidate)) <= LONGEST and re.fullmatch(r"[\w/.+-]+", candidate)
        if short and os.path.isabs(candidate) and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate)
    raise EmbeddedError("No temporary folder with a short path can be written; set TMPDIR to one.")


def _is_ours(folder: Path) -> bool:
    try:
        facts = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(facts.st_mode) and stat.S_IMODE(facts.st_mode) == 0o700
    return private and facts.st_uid == os.geteuid()
