"""PIN blocks of ISO 9564-1, formats 0 (TDES) and 4 (AES).

A PIN is a bytearray of the values of its digits (0 to 9): it never becomes text. Whatever holds one
is a bytearray too, and whoever made it overwrites it: ``with wiped(pin): …``. Errors say what is
wrong and never with which digits.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from django.views.decorators.debug import sensitive_variables

MIN_PIN, MAX_PIN = 4, 12
FORMATS = (0, 4)
BLOCK_BYTES = {0: 8, 4: 16}
_PAN = re.compile(r"[0-9]{12,19}", re.ASCII)
_FILL = {0: 0x0F, 4: 0x0A}


class BadPin(ValueError):
    pass


class BadPan(ValueError):
    pass


class BadBlock(ValueError):
    """It does not open to a PIN: another key, another account, or no such block."""


def wipe(*buffers: bytearray) -> None:
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))


@contextmanager
def wiped(*buffers: bytearray) -> Iterator[None]:
    try:
        yield
    finally:
        wipe(*buffers)


def digits_of_reference(reference: str) -> str:
    """The account number that a block is bound to when the partner holds none: a reference that
    looks like one stands for itself, any other for 16 digits of its SHA-256. The bank's core
    reckons the same."""
    if _PAN.fullmatch(reference):
        return reference
    return f"{int.from_bytes(sha256(reference.encode()).digest()) % 10**16:016d}"


# --- The parts of a block -------------------------------------------------------------------------
@sensitive_variables()
def pin_field(pin: bytearray, block_format: int, random: bytes = b"") -> bytearray:
    """``random`` fills the second half of format 4; tests alone give it."""
    if not MIN_PIN <= len(pin) <= MAX_PIN or any(digit > 9 for digit in pin):
        raise BadPin("A PIN has 4 to 12 digits.")
    nibbles = bytearray([_FILL[block_format]]) * 16
    with wiped(nibbles):
        nibbles[0], nibbles[1] = block_format, len(pin)
        nibbles[2 : 2 + len(pin)] = pin
        field = bytearray(BLOCK_BYTES[block_format])
        for at in range(8):
            field[at] = nibbles[2 * at] << 4 | nibbles[2 * at + 1]
    if block_format == 4:
        field[8:] = random or os.urandom(8)
    return field


@sensitive_variables()
def pin_of_field(field: bytearray, block_format: int) -> bytearray:
    nibbles = bytearray(16)
    with wiped(nibbles):
        for at in range(8):
            nibbles[2 * at], nibbles[2 * at + 1] = field[at] >> 4, field[at] & 0x0F
        length = nibbles[1]
        is_sound = nibbles[0] == block_format and MIN_PIN <= length <= MAX_PIN
        # By a view: a slice would be one more copy of the digits.
        with memoryview(nibbles) as view:
            is_sound = is_sound and all(digit <= 9 for digit in view[2 : 2 + length])
            is_sound = is_sound and all(fill == _FILL[block_format] for fill in view[2 + length :])
        if not is_sound:
            raise BadBlock("The block does not open to a PIN.")
        return nibbles[2 : 2 + length]


def pan_field(pan: str, block_format: int) -> bytes:
    if not _PAN.fullmatch(pan) or (block_format == 0 and len(pan) < 13):
        raise BadPan("An account number has 13 to 19 digits (12 to 19 in format 4).")
    if block_format == 0:
        return bytes.fromhex("0000" + pan[-13:-1])
    return bytes.fromhex(f"{len(pan) - 12}{pan}".ljust(32, "0"))


# --- Whole blocks under a key ---------------------------------------------------------------------
@sensitive_variables()
def encipher(key: bytes, block_format: int, pin: bytearray, pan: str) -> bytes:
    """AES keys (16 bytes) with format 4, TDES keys (16 or 24) with format 0: whoever holds the key
    keeps the two apart."""
    account = pan_field(pan, block_format)
    field = pin_field(pin, block_format)
    with wiped(field):
        if block_format == 4:
            field[:] = _through(_aes(key).encryptor(), field)
        _xor(field, account)
        context = (_aes(key) if block_format == 4 else _tdes(key)).encryptor()
        return bytes(_through(context, field))


@sensitive_variables()
def decipher(key: bytes, block_format: int, block: bytes, pan: str) -> bytearray:
    account = pan_field(pan, block_format)
    if len(block) != BLOCK_BYTES[block_format]:
        raise BadBlock(f"A block of format {block_format} has another length.")
    field = _through((_aes(key) if block_format == 4 else _tdes(key)).decryptor(), bytearray(block))
    with wiped(field):
        _xor(field, account)
        if block_format == 4:
            inner = _through(_aes(key).decryptor(), field)
            field[:] = inner
            wipe(inner)
        return pin_of_field(field, block_format)


def _aes(key: bytes) -> Cipher[ECB]:
    return Cipher(AES(key), ECB())  # noqa: S305  (the standard chains the blocks itself)


def _tdes(key: bytes) -> Cipher[ECB]:
    whole = key if len(key) == 24 else key + key[:8]
    return Cipher(TripleDES(whole), ECB())  # noqa: S305  (one block)


@sensitive_variables()
def _through(context: CipherContext, data: bytearray) -> bytearray:
    """No intermediate bytes object, which could not be overwritten."""
    out = bytearray(len(data) + 15)
    written = context.update_into(data, out)
    with wiped(out):
        return out[:written]


@sensitive_variables()
def _xor(field: bytearray, other: bytes) -> None:
    for at, byte in enumerate(other):
        field[at] ^= byte
