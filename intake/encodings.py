"""Which encoding a text file is in. No guessing: short GBK looks like Korean to a guesser."""

from __future__ import annotations

import codecs
from typing import IO

from django.utils.translation import gettext_lazy as _

from intake.errors import FileRefused

CHUNK = 1 << 20
# UTF-32's mark begins with that of UTF-16, so it stands first.
_MARKS = (
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ("utf-8-sig", "gb18030")


def encoding_of(file: IO[bytes]) -> str:
    """Of the whole file, every byte of it read strictly. Raises ``FileRefused``."""
    file.seek(0)
    start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            candidates: tuple[str, ...] = (encoding,) if encoding else ()
            break
    else:
        candidates = _UNMARKED
    found = next((each for each in candidates if _decodes(file, each)), "")
    if not found:
        raise FileRefused(
            _(
                "The file is in no known encoding. In Excel choose “Save as”, "
                "“CSV UTF-8” or “.xlsx”, and try again."
            ),
            code="unknown_encoding",
        )
    return found


def _decodes(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
