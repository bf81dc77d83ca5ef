"""Files of any length under AES-256-GCM, read and written piece by piece.

A sealed file is a head (mark, length of the key's id, key's id, salt) and pieces of ``PIECE`` plain
bytes, each with its tag. Every file has a key of its own, made from the salt, so the place of a
piece is its nonce: pieces cannot be swapped. The last one is marked: an end that was cut off shows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenants.encryption import CannotDecrypt, file_key

PIECE = 1 << 18
_MARK = b"FXF1"
_SALT_BYTES = 16
_TAG_BYTES = 16
_SEALED_PIECE = PIECE + _TAG_BYTES


def seal(plain: IO[bytes], to: IO[bytes]) -> None:
    """From where ``plain`` stands to its end."""
    salt = os.urandom(_SALT_BYTES)
    key_id, key = file_key(salt)
    name = key_id.encode()
    head = _MARK + bytes([len(name)]) + name + salt
    cipher = AESGCM(key)
    to.write(head)
    for place, (piece, is_last) in enumerate(_pieces(plain, PIECE)):
        to.write(cipher.encrypt(_nonce(place, is_last=is_last), piece, head))


class Unsealed(io.RawIOBase):
    """The plain bytes of a sealed file, from beginning to end. Raises ``CannotDecrypt``."""

    def __init__(self, sealed: IO[bytes]) -> None:
        self._sealed = sealed
        self._head, self._cipher = _read_head(sealed)
        self._pieces = enumerate(_pieces(sealed, _SEALED_PIECE))
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._plain:
            found = next(self._pieces, None)
            if found is None:
                return 0
            place, (piece, is_last) = found
            self._plain = memoryview(self._open(place, piece, is_last=is_last))
        length = min(len(buffer), len(self._plain))
        buffer[:length] = self._plain[:length]
        self._plain = self._plain[length:]
        return length

    def _open(self, place: int, piece: bytes, *, is_last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(place, is_last=is_last), piece, self._head)
        except (InvalidTag, ValueError) as error:
            raise CannotDecrypt("The stored file is damaged.") from error

    def close(self) -> None:
        if not self.closed:
            self._sealed.close()
        super().close()


def _nonce(place: int, *, is_last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([is_last])


def _read_head(sealed: IO[bytes]) -> tuple[bytes, AESGCM]:
    start = sealed.read(len(_MARK) + 1)
    if len(start) <= len(_MARK) or not start.startswith(_MARK):
        raise CannotDecrypt("This is no sealed file.")
    name, salt = sealed.read(start[-1]), sealed.read(_SALT_BYTES)
    if len(salt) < _SALT_BYTES:
        raise CannotDecrypt("The stored file is damaged.")
    _key_id, key = file_key(salt, name.decode(errors="replace"))
    return start + name + salt, AESGCM(key)


def _pieces(file: IO[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Whole pieces and whether each is the last; an empty file has one, empty."""
    piece = _read_fully(file, size)
    while len(piece) == size:
        following = _read_fully(file, size)
        yield piece, not following
        if not following:
            return
        piece = following
    yield piece, True


def _read_fully(file: IO[bytes], size: int) -> bytes:
    """Storages may give less than was asked for before the end."""
    found = file.read(size)
    if not found or len(found) == size:
        return found or b""
    parts, left = [found], size - len(found)
    while left and (more := file.read(left)):
        parts.append(more)
        left -= len(more)
    return b"".join(parts)
