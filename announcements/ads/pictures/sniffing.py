"""What a file is, read from its own bytes; names and declared types prove nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.ads.pictures.errors import BadPicture

EXTENSIONS = {
    "JPEG": frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    "PNG": frozenset({"png"}),
    "WEBP": frozenset({"webp"}),
}
# Programs leave a few bytes behind a picture; a second document is more than a few.
MOST_TRAILING_BYTES = 512
# Telephones append smaller versions of a picture to it.
MOST_PICTURES_BEHIND = 4

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_OTHERS: tuple[tuple[re.Pattern[bytes], str | Promise], ...] = (
    (re.compile(rb"GIF8"), gettext_lazy("a GIF picture")),
    (re.compile(rb"BM"), gettext_lazy("a BMP picture")),
    (re.compile(rb"II\*\0|MM\0\*"), gettext_lazy("a TIFF picture")),
    (re.compile(rb".{4}ftyp(hei|hev|mif|msf|avi)", re.S), gettext_lazy("a HEIC or AVIF picture")),
    (re.compile(rb".{4}ftyp", re.S), gettext_lazy("a video")),
    (re.compile(rb"PK\x03\x04"), gettext_lazy("a ZIP archive or an Office document")),
    (re.compile(rb".{0,1000}%PDF-", re.S), gettext_lazy("a PDF document")),
    (re.compile(rb"8BPS"), gettext_lazy("a Photoshop file")),
    (re.compile(rb"\s*<(!doctype html|html|head|body|script)", re.I), gettext_lazy("a web page")),
)
_SVG = re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!--|!doctype svg|svg)", re.I)
# In the coded part of a JPEG: a marker is neither a stuffed byte nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_END, _SCAN = 0xD9, 0xDA


@dataclass(frozen=True, slots=True)
class Header:
    kind: str
    width: int
    height: int
    # Where the picture ends in the file.
    end: int


def read_header(data: bytes, file_name: str = "") -> Header:
    """Raises ``BadPicture`` unless these bytes are one whole JPEG, PNG or WebP, named as one."""
    reader = _reader(data)
    try:
        header = reader(data)
    except (IndexError, ValueError):
        raise broken() from None
    if header.end > len(data) or not header.width or not header.height:
        raise broken()
    _check_name(header.kind, file_name)
    _check_trailing(header, data)
    return header


def broken() -> BadPicture:
    return BadPicture(
        _("The picture is incomplete or damaged. Save it again and upload the new file."),
        code="picture_broken",
    )


def _reader(data: bytes) -> Callable[[bytes], Header]:
    if not data:
        raise BadPicture(_("The file is empty. Choose another one."), code="picture_empty")
    if data.startswith(_JPEG):
        return _jpeg
    if data.startswith(_PNG):
        return _png
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp
    raise _other_kind(data[:2048])


def _other_kind(head: bytes) -> BadPicture:
    if _SVG.match(head) or b"<svg" in head.lower():
        return BadPicture(
            _(
                "SVG drawings are not accepted, because they can carry program code."
                " Export the drawing as PNG and upload that."
            ),
            code="picture_svg",
        )
    kind = next((label for pattern, label in _OTHERS if pattern.match(head)), _("of another kind"))
    return BadPicture(
        _("The file is %(kind)s. Only JPEG, PNG and WebP pictures are accepted: save it as one.")
        % {"kind": kind},
        code="picture_kind",
    )


def _check_name(kind: str, file_name: str) -> None:
    suffix = PurePath(file_name).suffix.lower().lstrip(".")
    if file_name and suffix not in EXTENSIONS[kind]:
        raise BadPicture(
            _(
                "The file is named “.%(suffix)s” but holds a %(kind)s picture."
                " Save it again with the right ending."
            )
            % {"suffix": suffix[:10], "kind": {"WEBP": "WebP"}.get(kind, kind)},
            code="picture_name",
        )


def _check_trailing(header: Header, data: bytes) -> None:
    end = _end_of_last(data, header.end) if header.kind == "JPEG" else header.end
    trailing = data[end:].strip(b"\0")
    if len(trailing) > MOST_TRAILING_BYTES:
        raise BadPicture(
            _(
                "Something else is hidden behind the picture in this file (%(count)s bytes)."
                " Save the picture again in an image program and upload the new file."
            )
            % {"count": len(trailing)},
            code="picture_polyglot",
        )


def _end_of_last(data: bytes, end: int) -> int:
    for _number in range(MOST_PICTURES_BEHIND):
        rest = data[end:]
        start = len(rest) - len(rest.lstrip(b"\0"))
        if not rest.startswith(_JPEG, start):
            break
        try:
            end += start + _jpeg(rest[start:]).end
        except (IndexError, ValueError):
            break
    return end


def _jpeg(data: bytes) -> Header:
    """Walks the segments to the end marker, which bytes inside a segment cannot feign."""
    at, width, height = 2, 0, 0
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker")
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker == _END:
            return Header("JPEG", width, height, at)
        if marker in _STANDALONE:
            continue
        if marker in _FRAMES and not width:
            height, width = _big(data, at + 3, 2), _big(data, at + 5, 2)
        at += _big(data, at, 2)
        if marker == _SCAN:
            found = _MARKER.search(data, at)
            if found is None:
                raise ValueError("no end")
            at = found.start()


def _png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise ValueError("no header")
    at = len(_PNG)
    while True:
        kind, at = data[at + 4 : at + 8], at + 12 + _big(data, at, 4)
        if kind == b"IEND":
            return Header("PNG", _big(data, 16, 4), _big(data, 20, 4), at)
        if len(kind) < 4:
            raise ValueError("no end")


def _webp(data: bytes) -> Header:
    end = 8 + int.from_bytes(data[4:8], "little")
    return Header("WEBP", *_webp_size(data), end + end % 2)


def _webp_size(data: bytes) -> tuple[int, int]:
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise ValueError("no header")
    if chunk == b"VP8X":
        return _little(body, 4, 3) + 1, _little(body, 7, 3) + 1
    if chunk == b"VP8L":
        bits = _little(body, 1, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return _little(body, 6, 2) & 0x3FFF, _little(body, 8, 2) & 0x3FFF
    raise ValueError("no header")


def _big(data: bytes, at: int, length: int) -> int:
    part = data[at : at + length]
    if len(part) < length:
        raise ValueError("cut off")
    return int.from_bytes(part, "big")


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")
