"""The keys under which PIN blocks travel between the platform and one bank's core (ZPK).

``ZoneKeys`` is all that the rest asks for, so that an HSM can stand in its place: keys are named,
never handed out. ``SoftwareZoneKeys`` derives them from the masters in ZONE_KEYS.

A key's name is ``<master>.<algorithm>``, such as ``local1.aes128``; bank and environment are always
part of the derivation, so one name stands for another key at each bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from openapi_gateway.upstream.pin_blocks import decipher, encipher

AES128, TDES2, TDES3 = "aes128", "tdes2", "tdes3"
KEY_BYTES = {AES128: 16, TDES2: 16, TDES3: 24}
# AES keys only with format 4, and format 4 only with AES keys.
FORMAT_OF = {AES128: 4, TDES2: 0, TDES3: 0}


class UnknownZoneKey(LookupError):
    """No such master, or no such algorithm."""


class WrongFormat(ValueError):
    """The key is not of the block format's algorithm."""


@dataclass(frozen=True, slots=True)
class ZoneKeyName:
    bank_slug: str
    environment: str
    key_id: str


class ZoneKeys(Protocol):
    def default_key_id(self) -> str:
        """Of the key that blocks of format 4 to the core travel under."""

    def check_value(self, name: ZoneKeyName, block_format: int) -> str:
        """Raises ``UnknownZoneKey`` and ``WrongFormat``: asked before a PIN is opened."""

    def seal(self, name: ZoneKeyName, block_format: int, pin: bytearray, pan: str) -> bytes:
        """The enciphered block. The caller wipes the PIN."""

    def open(self, name: ZoneKeyName, block_format: int, block: bytes, pan: str) -> bytearray:
        """The PIN, for the caller to wipe; for the simulated core."""


class SoftwareZoneKeys:
    def __init__(self, masters: Mapping[str, bytes]) -> None:
        self._masters = masters

    def __repr__(self) -> str:
        return f"SoftwareZoneKeys({', '.join(self._masters)})"

    def default_key_id(self) -> str:
        if not self._masters:
            raise UnknownZoneKey("ZONE_KEYS holds no key.")
        return f"{next(iter(self._masters))}.{AES128}"

    def check_value(self, name: ZoneKeyName, block_format: int) -> str:
        key = self._key(name, block_format)
        return _check_value(key, is_aes=block_format == 4)

    @sensitive_variables()
    def seal(self, name: ZoneKeyName, block_format: int, pin: bytearray, pan: str) -> bytes:
        return encipher(self._key(name, block_format), block_format, pin, pan)

    @sensitive_variables()
    def open(self, name: ZoneKeyName, block_format: int, block: bytes, pan: str) -> bytearray:
        return decipher(self._key(name, block_format), block_format, block, pan)

    @sensitive_variables()
    def _key(self, name: ZoneKeyName, block_format: int) -> bytes:
        master_id, _, algorithm = name.key_id.rpartition(".")
        if master_id not in self._masters or algorithm not in KEY_BYTES:
            raise UnknownZoneKey("There is no zone key of this name.")
        if FORMAT_OF[algorithm] != block_format:
            raise WrongFormat("Format 4 needs an AES key, format 0 a TDES key.")
        return _derived(self._masters[master_id], name, algorithm)


def zone_keys() -> ZoneKeys:
    """The one place where an HSM's adapter would be chosen."""
    return SoftwareZoneKeys(settings.ZONE_KEYS)


@lru_cache(maxsize=1024)
@sensitive_variables()
def _derived(master: bytes, name: ZoneKeyName, algorithm: str) -> bytes:
    info = f"pin zone key:{name.environment}:{name.bank_slug}:{name.key_id}".encode()
    key = HKDF(algorithm=SHA256(), length=KEY_BYTES[algorithm], salt=None, info=info).derive(master)
    return key if algorithm == AES128 else bytes(_odd_parity(byte) for byte in key)


def _odd_parity(byte: int) -> int:
    """Hardware refuses DES keys whose bytes have an even number of ones."""
    return byte ^ (1 - byte.bit_count() % 2)


@sensitive_variables()
def _check_value(key: bytes, *, is_aes: bool) -> str:
    """Six hexadecimal digits: of the CMAC of a block of zeros (AES), of zeros enciphered (TDES)."""
    if is_aes:
        mac = CMAC(AES(key))
        mac.update(bytes(16))
        return mac.finalize()[:3].hex().upper()
    whole = key if len(key) == 24 else key + key[:8]
    cipher = Cipher(TripleDES(whole), ECB())  # noqa: S305  (one block)
    return cipher.encryptor().update(bytes(8))[:3].hex().upper()
