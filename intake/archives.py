"""Looking into a .xlsx before anything unpacks it: what it says of its sizes may be a lie."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.errors import FileRefused

MAX_MEMBERS = 2_000
MAX_MEMBER_BYTES = 1_500_000_000
MAX_UNPACKED_BYTES = 2_000_000_000
# Sheets of plain cells pack to about a tenth; far more is an attack or an empty giant.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 10_000_000
CHUNK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def open_archive(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise _damaged() from error
    if len(members) > MAX_MEMBERS or sum(each.file_size for each in members) > MAX_UNPACKED_BYTES:
        raise _too_large()
    for member in members:
        if member.flag_bits & 0x1:
            raise FileRefused(
                _("The workbook is protected by a password. Remove it and save again."),
                code="encrypted",
            )
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged()
    return archive


def stream(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member in pieces, as they come out of the packing: not one byte more than is allowed."""
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        raise _damaged() from error
    given = 0
    try:
        for piece in _pieces(archive.fp, member):  # type: ignore[arg-type]
            given += len(piece)
            allowed = max(RATIO_COUNTS_FROM, member.compress_size * MAX_RATIO)
            if given > MAX_MEMBER_BYTES or given > allowed:
                raise _too_large()
            yield piece
    except (zlib.error, OSError, struct.error, ValueError, OverflowError) as error:
        raise _damaged() from error


def read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A small member as a whole."""
    found = bytearray()
    for piece in stream(archive, name):
        found += piece
        if len(found) > limit:
            raise _too_large()
    return bytes(found)


def _pieces(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    place = _place_of_data(file, member)
    left = member.compress_size
    is_packed = member.compress_type == zipfile.ZIP_DEFLATED
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if is_packed else None
    while left > 0:
        # Two members are read in turn, so each time from its own place.
        file.seek(place)
        packed = file.read(min(CHUNK, left))
        if not packed:
            raise _damaged()
        place += len(packed)
        left -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed:
            yield inflater.decompress(packed, CHUNK)
            packed = inflater.unconsumed_tail
    if inflater is not None and not inflater.eof:
        raise _damaged()


def _place_of_data(file: IO[bytes], member: zipfile.ZipInfo) -> int:
    file.seek(member.header_offset)
    mark, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if mark != b"PK\x03\x04":
        raise _damaged()
    return member.header_offset + _LOCAL_HEADER.size + name_length + extra_length


def _damaged() -> FileRefused:
    return FileRefused(
        _("The workbook is damaged. Open it in Excel, save it as .xlsx, and try again."),
        code="damaged_workbook",
    )


def _too_large() -> FileRefused:
    return FileRefused(
        _(
            "The workbook unpacks to far more than a list of rows can be. "
            "Copy the rows into a new workbook and save that."
        ),
        code="workbook_too_large",
    )
