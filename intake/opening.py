"""From a file to its table: by what stands in it, not by what it is called."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.delimited import open_delimited
from intake.errors import FileRefused
from intake.tables import Table
from intake.workbooks import open_workbook

MAX_FILE_BYTES = 500_000_000
_ZIP = b"PK\x03\x04"
# .xls, and .xlsx with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (b"%PDF-", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"\x89PNG", b"\xff\xd8\xff")


@contextmanager
def opened(path: Path) -> Iterator[tuple[Table, str]]:
    """The table and the SHA-256 of the file. Raises ``FileRefused``."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileRefused(
            _("The file “%(name)s” cannot be opened: %(reason)s.")
            % {"name": path.name, "reason": error.strerror or error},
            code="no_file",
        ) from error
    with file:
        digest = _digest(file)
        yield open_table(file), digest


def open_table(file: IO[bytes]) -> Table:
    file.seek(0)
    start = file.read(8)
    if start.startswith(_OLE):
        raise FileRefused(
            _(
                "This is an old .xls workbook, or one with a password. "
                "Save it in Excel as .xlsx without a password."
            ),
            code="old_workbook",
        )
    if start.startswith(_FOREIGN):
        raise FileRefused(_("Only .csv and .xlsx files can be read."), code="unknown_format")
    return open_workbook(file) if start.startswith(_ZIP) else open_delimited(file)


def _digest(file: IO[bytes]) -> str:
    if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
        raise FileRefused(
            _("The file is larger than %(limit)s MB. Split it and import the parts one by one.")
            % {"limit": MAX_FILE_BYTES // 1_000_000},
            code="file_too_large",
        )
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
