"""Secrets of authenticator apps, as they lie in the database: encrypted under FIELD_KEYS.

In the column of django-otp, which is 80 characters wide: a mark that no plain secret has, and the
cell in base 85. Whatever reads the column as a plain secret fails on the mark.
"""

from __future__ import annotations

from base64 import b85decode, b85encode

from tenants.encryption import CannotDecrypt, Cipher

PURPOSE = "second factor"
MARK = "$"
# A longer id of the active key would not leave room for the cell.
KEY_ID_BYTES = 13


def seal(secret: bytes, user_id: int) -> str:
    return MARK + b85encode(Cipher(PURPOSE).encrypt(secret, _bound_to(user_id))).decode()


def is_sealed(text: str) -> bool:
    return text.startswith(MARK)


def unseal(text: str, user_id: int) -> bytes:
    """Raises ``CannotDecrypt`` for a cell of another person, or of another bank."""
    if not is_sealed(text):
        # Of a schema that has not been migrated yet.
        return bytes.fromhex(text)
    try:
        cell = b85decode(text.removeprefix(MARK))
    except ValueError as error:
        raise CannotDecrypt("This is no encrypted cell.") from error
    return Cipher(PURPOSE).decrypt(cell, _bound_to(user_id))


def _bound_to(user_id: int) -> bytes:
    return str(user_id).encode()
