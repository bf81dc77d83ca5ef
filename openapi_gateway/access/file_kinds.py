"""Which files may be attached: told by their first bytes, not by what their name says."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from pathlib import PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from openapi_gateway.access.errors import BadAttachment

MOST_BYTES = 10 * 2**20
MOST_PARTS = 5000
NAME_LENGTH = 150
MARKS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "docx": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
}
# A document of Office is a zip with a folder of its own.
FOLDERS = {"docx": "word/", "xlsx": "xl/"}
MACROS = re.compile(r"vbaProject\.bin\Z", re.IGNORECASE)
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
_SAME = {"jpeg": "jpg"}


def clean_name(given: str) -> str:
    """The last part of whatever path came along, without characters that no folder takes."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    name = _UNFIT.sub("", last).strip().lstrip(".").strip()
    path = PurePosixPath(name or "_")
    if not name or not path.suffix or not path.stem:
        raise BadAttachment(_("The file has no proper name. Rename it, like 风险评估.pdf."))
    return f"{path.stem[: NAME_LENGTH - len(path.suffix)]}{path.suffix}"


def require_kind(file: IO[bytes], name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise BadAttachment(
            _("“%(name)s” is larger than 10 MB. Compress it or split it.") % {"name": name}
        )
    if not size:
        raise BadAttachment(_("“%(name)s” is empty. Choose another file.") % {"name": name})
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    kind = _SAME.get(ending, ending)
    if kind not in MARKS:
        raise BadAttachment(
            _("“%(name)s” cannot be attached: pdf, docx, xlsx, png or jpg only.") % {"name": name}
        )
    file.seek(0)
    is_right = file.read(8).startswith(MARKS[kind])
    if is_right and kind in FOLDERS:
        is_right = _is_office(file, FOLDERS[kind], name)
    file.seek(0)
    if not is_right:
        raise BadAttachment(
            _("“%(name)s” is not what its ending says. Open it, save it anew as %(kind)s and attach"
              " that.") % {"name": name, "kind": kind}
        )  # fmt: skip


def _is_office(file: IO[bytes], folder: str, name: str) -> bool:
    """By its table of contents; nothing is unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    if any(MACROS.search(part) for part in parts):
        raise BadAttachment(
            _("“%(name)s” carries macros. Save it without them and attach that.") % {"name": name}
        )
    return (
        len(parts) <= MOST_PARTS and "[Content_Types].xml" in parts
        and any(part.startswith(folder) for part in parts)
    )  # fmt: skip
