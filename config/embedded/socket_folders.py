"""A short private folder for a server's socket, whose path may have only about 107 bytes."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.living import living
from config.embedded.places import digest_of

LONGEST = 60


def make_socket_folder(data: Path) -> Path:
    """A folder of mode 0700 that is surely ours; always the same one unless somebody took it."""
    base = _base()
    folder = base / f"fuxiang-{os.geteuid()}-{digest_of(data)}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if _is_ours(folder) and _is_free(folder):
        return folder
    return Path(tempfile.mkdtemp(prefix=f"fuxiang-{os.geteuid()}-", dir=base))


def clear_socket_folder(folder: Path, data: Path) -> None:
    """Remove what the dead server of that data folder left; another server's socket stays."""
    if not _is_ours(folder):
        return
    if _lock_lines(folder)[1] in ("", str(data)):
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


def _is_free(folder: Path) -> bool:
    """False while some live server has its socket there: that of a project which was renamed."""
    pid = _lock_lines(folder)[0]
    owner = living(int(pid)) if pid.isdigit() else None
    if owner is not None and owner.name() == "postgres":
        return False
    for leftover in folder.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    return True


def _lock_lines(folder: Path) -> tuple[str, str]:
    """Process id and data folder as PostgreSQL notes them beside its socket."""
    try:
        lines = next(folder.glob(".s.PGSQL.*.lock")).read_text("utf-8", "replace").splitlines()
    except (OSError, StopIteration):
        return "", ""
    return (*lines, "", "")[0], (*lines, "", "")[1]


def _is_ours(folder: Path) -> bool:
    try:
        facts = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(facts.st_mode) and stat.S_IMODE(facts.st_mode) == 0o700
    return private and facts.st_uid == os.geteuid()
