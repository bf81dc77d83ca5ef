"""The folder that holds servers, secrets and locks of one user of one project folder.

A place belongs to one user: whoever made ``.local`` first. Everybody else (an ordinary user after
root, root after an ordinary user) gets a place of their own, so that no run ever leaves files
behind that its owner cannot read.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.embedded.errors import EmbeddedError

PROJECT = Path(__file__).resolve().parents[2]
VARIABLE = "FUXIANG_LOCAL_DIR"
THROWAWAY = "fuxiang-throwaway-"


@dataclass(frozen=True)
class Place:
    root: Path
    is_unusual: bool = False
    """Neither asked for nor the usual folder: worth telling."""

    @property
    def is_throwaway(self) -> bool:
        """Removed at the end of its run, so nothing in it has to outlive a power cut."""
        return self.root.name.startswith(THROWAWAY)

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def leases(self) -> Path:
        return self.root / "leases"

    @property
    def kept(self) -> Path:
        """Present while `start` wants the servers to stay when their last user leaves."""
        return self.root / "kept"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"


def digest_of(path: Path) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:12]


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def find_place(local_dir: Path | str | None = None, *, project: Path = PROJECT) -> Place:
    """The caller's place, made if need be: the folder asked for, else the first that is possible.

    Raises EmbeddedError when the folder asked for, or every possible one, is out of reach.
    """
    asked = local_dir or os.environ.get(VARIABLE)
    if asked:
        return Place(_take_asked(Path(asked).expanduser().absolute()))
    candidates = list(_candidates(project))
    for candidate in candidates:
        if _objection(candidate) is None:
            return Place(candidate.resolve(), is_unusual=candidate != candidates[0])
    for candidate in candidates:
        with contextlib.suppress(OSError):
            _make(candidate)
            if _objection(candidate) is None:
                return Place(candidate.resolve(), is_unusual=candidate != candidates[0])
    raise EmbeddedError(
        f"No folder for the local servers could be made ({project / '.local'} is not yours); "
        f"set {VARIABLE} to a folder of yours."
    )


def _candidates(project: Path) -> Iterator[Path]:
    uid = os.geteuid()
    yield project / ".local"
    yield project / f".local-{uid}"
    name = f"fuxiang-console-{digest_of(project)}"
    state = os.environ.get("XDG_STATE_HOME")
    if state and Path(state).is_absolute():
        yield Path(state) / name
    with contextlib.suppress(KeyError):
        # The account's own home: HOME may still be root's after a change of user.
        yield Path(pwd.getpwuid(uid).pw_dir) / ".local" / "state" / name
    for temporary in ("/var/tmp", tempfile.gettempdir()):  # noqa: S108  (ownership is checked)
        yield Path(temporary) / f"{name}-{uid}"


def _take_asked(folder: Path) -> Path:
    try:
        _make(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise EmbeddedError(
            f"The folder {folder} for the local servers cannot be made ({reason}); "
            f"set {VARIABLE} to a folder of yours."
        ) from error
    objection = _objection(folder)
    if objection is not None:
        raise EmbeddedError(f"{folder} {objection}; set {VARIABLE} to a folder of yours.")
    return folder.resolve()


def _make(folder: Path) -> None:
    if not folder.parent.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)


def _objection(folder: Path) -> str | None:
    """Why the folder cannot be the caller's place, or None."""
    try:
        itself, facts = folder.lstat(), folder.stat()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not stat.S_ISDIR(facts.st_mode):
        return "is not a folder"
    for owner in (itself.st_uid, facts.st_uid):  # a link that somebody else laid counts too
        if owner != os.geteuid():
            return f"belongs to {user_name(owner)}"
    if facts.st_mode & stat.S_IWOTH:
        return "may be written by everybody"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return "may not be written"
    return None
