"""Files that operators bring and fetch: never in the clear on a disk that outlives the process."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from intake import events, sealing
from intake.errors import FileGone
from intake.models import StoredFile
from operators.errors import NotAllowed

if TYPE_CHECKING:
    from operators.models import Operator

FOLDER = "files"
NAME_LENGTH = 200
IN_MEMORY = 2_000_000
# Of a process that died before its commit.
LOST_AFTER = timedelta(days=1)
_UNSAFE = re.compile(r"[^\w.()（）【】-]+")


def store(
    *,
    actor: Operator | None,
    file: IO[bytes] | Path,
    name: str,
    permission: str = "",
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> StoredFile:
    """Keeps a copy of ``file`` (a path, or a file read from its beginning), encrypted. Whoever
    holds ``permission`` may fetch it, and ``actor``; without one, only ``actor``."""
    if isinstance(file, Path):
        with file.open("rb") as opened_file:
            return store(
                actor=actor, file=opened_file, name=name, permission=permission,
                expires_at=expires_at, at=at,
            )  # fmt: skip
    stored = StoredFile(
        name=name[-NAME_LENGTH:], permission=permission, created_by=actor,
        created_at=at or timezone.now(), expires_at=expires_at,
    )  # fmt: skip
    _write(stored, file)
    with transaction.atomic():
        stored.save(force_insert=True)
        record(events.FILE_STORED, actor=actor, target=stored, after=summary_of(stored))
    return stored


def fetch_file(*, actor: Operator, uid: UUID | str, at: datetime | None = None) -> StoredFile:
    """The file, for somebody who may have it; that it was fetched is an event."""
    stored = StoredFile.objects.filter(uid=uid).first()
    if stored is None or is_gone(stored, at or timezone.now()):
        raise FileGone(_("This file is no longer kept. Make it again if you still need it."))
    if not may_fetch(actor, stored):
        raise NotAllowed(_("You are not allowed to fetch this file."))
    with transaction.atomic():
        record(events.FILE_FETCHED, actor=actor, target=stored, after=summary_of(stored))
    return stored


def may_fetch(actor: Operator, stored: StoredFile) -> bool:
    """Brought by them, or open to a permission that they hold; never without being enabled."""
    if not actor.is_active:
        return False
    is_own = stored.created_by_id is not None and stored.created_by_id == actor.pk
    return is_own or bool(stored.permission and actor.has_perm(stored.permission))


def is_gone(stored: StoredFile, at: datetime) -> bool:
    return not stored.stored_as or (stored.expires_at is not None and stored.expires_at <= at)


def opened(stored: StoredFile) -> io.BufferedReader:
    """The plain bytes, from beginning to end; to be closed. Raises ``FileGone``."""
    if not stored.stored_as:
        raise FileGone(_("This file is no longer kept. Make it again if you still need it."))
    try:
        sealed = default_storage.open(stored.stored_as, "rb")
    except FileNotFoundError as error:
        raise FileGone(_("This file is no longer kept. Bring it again.")) from error
    return io.BufferedReader(sealing.Unsealed(sealed), sealing.PIECE)


@contextmanager
def plain_path(stored: StoredFile) -> Iterator[Path]:
    """A path that only this process's user can read, by the file's own name. Where the system
    allows it the file has no place in any folder: a process that is killed leaves nothing."""
    folder = Path(tempfile.mkdtemp(prefix="fuxiang-file-"))
    try:
        with opened(stored) as source, _nameless(folder) as plain:
            shutil.copyfileobj(source, plain, sealing.PIECE)
            plain.flush()
            yield _path_of(plain, folder, safe_name(stored.name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove(stored: StoredFile) -> None:
    """Takes the bytes away, once the transaction is committed; the row says that it was there."""
    name = stored.stored_as
    if not name:
        return
    stored.stored_as = ""
    stored.save(update_fields=["stored_as"])
    transaction.on_commit(lambda: default_storage.take_back(name))  # type: ignore[attr-defined]


def sweep_expired(*, at: datetime | None = None) -> int:
    """Files of the current schema whose time is over; how many went."""
    at = at or timezone.now()
    due = StoredFile.objects.filter(expires_at__lte=at).exclude(stored_as="").order_by("pk")
    gone = list(due[:1000])
    with transaction.atomic():
        for stored in gone:
            remove(stored)
        if gone:
            swept = [str(stored.uid) for stored in gone]
            kind = StoredFile._meta.label_lower
            record(events.FILES_SWEPT, actor=None, target_kind=kind, before=swept)
    return len(gone)


def sweep_lost(*, at: datetime | None = None) -> int:
    """Files that no row knows: of a transaction that came to nothing."""
    folder, before = f"{connection.schema_name}/{FOLDER}", (at or timezone.now()) - LOST_AFTER
    try:
        _folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    known = set(StoredFile.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    lost = sorted({f"{folder}/{name}" for name in names} - known)
    old = [name for name in lost if default_storage.get_modified_time(name) < before]
    for name in old:
        default_storage.delete(name)
    return len(old)


def summary_of(stored: StoredFile) -> dict[str, Any]:
    return {"name": stored.name, "size": stored.size, "sha256": stored.sha256}


def safe_name(name: str) -> str:
    """For a folder of our own: the ending is kept, as readers name their error files by it."""
    found = _UNSAFE.sub("_", Path(name).name).lstrip(".")
    return found[-80:] or "file"


def _write(stored: StoredFile, file: IO[bytes]) -> None:
    file.seek(0)
    counted = _Counted(file)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as sealed:
        sealing.seal(counted, sealed)  # type: ignore[arg-type]
        sealed.seek(0)
        name = f"{connection.schema_name}/{FOLDER}/{secrets.token_hex(16)}"
        stored.stored_as = default_storage.save(name, File(sealed, name))
    stored.size, stored.sha256 = counted.size, counted.digest.hexdigest()


class _Counted:
    """Reads on, and knows what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.size, self.digest = file, 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.size += len(found)
        self.digest.update(found)
        return found


def _nameless(folder: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=folder)


def _path_of(plain: IO[bytes], folder: Path, name: str) -> Path:
    path, here = folder / name, Path(f"/proc/{os.getpid()}/fd/{plain.fileno()}")
    if here.exists():
        path.symlink_to(here)
        return path
    plain.seek(0)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as copy:
        shutil.copyfileobj(plain, copy, sealing.PIECE)
    return path
