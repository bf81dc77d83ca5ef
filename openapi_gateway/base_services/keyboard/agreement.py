"""How a phone hands over what was pressed: ECDH on P-256 with a key that the platform signs, HKDF,
AES-256-GCM over positions, bound to session, client, random and purpose."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.views.decorators.debug import sensitive_variables

from openapi_gateway.upstream.pin_blocks import wipe

ALGORITHM = "ECDH-P256+A256GCM"
LABEL = "rcb-pinpad-1"
IV_BYTES, TAG_BYTES, POINT_BYTES = 12, 16, 65


class DoesNotOpen(ValueError):
    """Not for this session, not whole, or no ciphertext at all."""


@dataclass(frozen=True, slots=True)
class Sealed:
    eph_pub: bytes
    iv: bytes
    ct: bytes
    tag: bytes


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise DoesNotOpen("This is not base64url.") from error


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def bound_to(*, session_id: str, app_id: str, server_random: str, purpose: str) -> bytes:
    """The additional data: the four one behind the other; all but the last have fixed lengths."""
    return f"{session_id}{app_id}{server_random}{purpose}".encode()


def offer_text(
    *,
    session_id: str,
    app_id: str,
    environment: str,
    purpose: str,
    length: int,
    server_random: str,
    layout: Sequence[str],
    expires_at: datetime,
    pub: str,
) -> bytes:
    """What the platform signs, line by line, as the answer has it: all that the page goes by."""
    lines = [
        LABEL, session_id, app_id, environment, purpose, str(length), server_random,
        ",".join(layout), msgspec.to_builtins(expires_at), ALGORITHM, pub,
    ]  # fmt: skip
    return "\n".join(lines).encode()


@sensitive_variables()
def open_positions(
    private_key: ec.EllipticCurvePrivateKey, sealed: Sealed, aad: bytes, server_random: str
) -> bytearray:
    """For the caller to wipe. Raises ``DoesNotOpen``."""
    if len(sealed.iv) != IV_BYTES or len(sealed.tag) != TAG_BYTES:
        raise DoesNotOpen("The nonce has 12 bytes and the tag 16.")
    key = _agreed(private_key, sealed.eph_pub, server_random)
    decryptor = Cipher(AES(key), GCM(sealed.iv, sealed.tag)).decryptor()
    decryptor.authenticate_additional_data(aad)
    # Not by the one-call interface, whose result could not be overwritten.
    out = bytearray(len(sealed.ct) + 15)
    try:
        written = decryptor.update_into(sealed.ct, out)
        decryptor.finalize()
        return out[:written]
    except InvalidTag:
        raise DoesNotOpen("The tag is not this ciphertext's.") from None
    finally:
        wipe(out)


@sensitive_variables()
def _agreed(private_key: ec.EllipticCurvePrivateKey, eph_pub: bytes, server_random: str) -> bytes:
    try:
        if len(eph_pub) != POINT_BYTES:
            raise ValueError
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), eph_pub)
    except ValueError:
        raise DoesNotOpen("The ephemeral key is no point of P-256.") from None
    info = LABEL.encode() + eph_pub + point_of(private_key.public_key())
    kdf = HKDF(algorithm=SHA256(), length=32, salt=server_random.encode(), info=info)
    return kdf.derive(private_key.exchange(ec.ECDH(), peer))
