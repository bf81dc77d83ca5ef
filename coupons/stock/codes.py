"""Codes of coupons: how they are kept, looked up, and shown."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from tenants.encryption import Cipher, Digester

PURPOSE = "coupon code"
# Between code and PIN in the encrypted cell; neither can hold it.
_SEPARATOR = "\n"
SHOWN = 4


class Secret(NamedTuple):
    code: str
    pin: str


class Vault:
    """Seals and opens the codes of the current schema; made once for many codes."""

    def __init__(self) -> None:
        self._cipher, self._digester = Cipher(PURPOSE), Digester(PURPOSE)

    def key_of(self, code: str) -> UUID:
        return self._digester.uuid(code)

    def seal(self, code: str, pin: str = "") -> tuple[bytes, bytes]:
        """The 16 bytes of ``code_key``, and the cell of ``secret``."""
        plain = code.encode()
        key = self._digester.digest(plain)
        if pin:
            plain = f"{code}{_SEPARATOR}{pin}".encode()
        return key, self._cipher.encrypt(plain, key)

    def open(self, code_key: UUID, secret: bytes) -> Secret:
        text = self._cipher.decrypt(secret, code_key.bytes).decode()
        code, _separator, pin = text.partition(_SEPARATOR)
        return Secret(code, pin)


def masked(code: str) -> str:
    """1234****5678; short codes show less, so that most of a code stays hidden."""
    shown = min(SHOWN, len(code) // 4)
    return f"{code[:shown]}****{code[len(code) - shown :]}"
