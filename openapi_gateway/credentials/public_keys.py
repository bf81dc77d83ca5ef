"""Public keys as banks upload them: PEM of SubjectPublicKeyInfo, or a certificate request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _
from tongsuopy.crypto import serialization as sm_serialization
from tongsuopy.crypto.asymciphers import ec as sm_ec

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import edwards
from openapi_gateway.credentials.errors import BadKey, PrivateKeyUploaded
from openapi_gateway.credentials.sealing import fingerprint_of
from openapi_gateway.credentials.signatures import verifies

MOST_CHARACTERS = 8_000
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)\s*-----END \1-----")
_REQUESTS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
# The DER of curveSM2 1.2.156.10197.1.301, which one of the two libraries knows.
_SM2 = bytes.fromhex("06082a811ccf5501822d")


@dataclass(frozen=True, slots=True)
class PublicKey:
    algorithm: Algorithm
    key: Any
    # In one canonical form, whatever form it came in.
    der: bytes

    @property
    def pem(self) -> str:
        lines = base64.encodebytes(self.der).decode().replace("\n", "")
        body = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.der)


def read_upload(text: str) -> PublicKey:
    """Raises ``BadKey`` with a sentence that repeats nothing of ``text``."""
    _refuse_private(text)
    if len(text) > MOST_CHARACTERS:
        raise BadKey(_("This is too long for a public key. Upload the public key alone."))
    label, der = _only_block(text)
    if label in _REQUESTS:
        return _of_request(der)
    if label == "CERTIFICATE":
        raise BadKey(
            _(
                "This is a certificate. Upload the public key in it: openssl x509 -in "
                "certificate.pem -pubkey -noout"
            )
        )
    if label == "RSA PUBLIC KEY":
        raise BadKey(_no_rsa())
    if label != "PUBLIC KEY":
        raise BadKey(_not_readable())
    return read_der(der)


def read_pem(pem: str) -> PublicKey:
    """Of a stored key."""
    return read_der(_only_block(pem)[1])


def read_der(der: bytes) -> PublicKey:
    """SubjectPublicKeyInfo; the point lies on its curve, or ``BadKey`` is raised."""
    if _SM2 in der[:40]:
        return _sm2(der)
    try:
        return _common(serialization.load_der_public_key(der))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(_not_readable()) from error


def _common(key: Any) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey):
        raise BadKey(_no_rsa())
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        # Anew from its numbers: the same point may come compressed.
        fresh = key.public_numbers().public_key()
        return PublicKey(Algorithm.P256, fresh, _der(fresh))
    if isinstance(key, Ed25519PublicKey):
        if not edwards.is_sound(key.public_bytes_raw()):
            raise BadKey(_("This is no sound Ed25519 key. Make a new key pair and upload that."))
        return PublicKey(Algorithm.ED25519, key, _der(key))
    raise BadKey(
        _("Keys of this kind are not accepted. Make a P-256, Ed25519 or SM2 key pair instead.")
    )


def _der(key: Any) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    given: bytes = key.public_bytes(encoding, form)
    return given


def _sm2(der: bytes) -> PublicKey:
    try:
        numbers = sm_serialization.load_der_public_key(der).public_numbers()
        given = sm_ec.EllipticCurvePublicNumbers(numbers.x, numbers.y, sm_ec.SM2())
        fresh = given.public_key()
    except Exception as error:  # what Tongsuo raises is not documented
        raise BadKey(_not_readable()) from error
    return PublicKey(Algorithm.SM2, fresh, sm2_der(fresh))


def sm2_der(key: Any) -> bytes:
    return bytes(
        key.public_bytes(
            sm_serialization.Encoding.DER, sm_serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


# --- certificate requests -------------------------------------------------------------------------
def _of_request(der: bytes) -> PublicKey:
    try:
        request = x509.load_der_x509_csr(der)
        signed, signature = request.tbs_certrequest_bytes, request.signature
        found = read_der(_subject_key(signed))
    except (ValueError, UnsupportedAlgorithm, IndexError, x509.InvalidVersion) as error:
        raise BadKey(_("The certificate request cannot be read. Make it anew.")) from error
    if not verifies(found.algorithm, found.key, signed, signature):
        raise BadKey(
            _("The certificate request is not signed by its own key. Make it anew, signed with "
              "SHA-256 (P-256), SM3 (SM2) or Ed25519.")
        )  # fmt: skip
    return found


def _subject_key(request_info: bytes) -> bytes:
    """The third element of CertificationRequestInfo: version, subject, key, attributes."""
    at, _end = _content(request_info, 0)
    for _each in ("version", "subject"):
        at = _content(request_info, at)[1]
    return request_info[at : _content(request_info, at)[1]]


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the DER element at ``at`` begins and ends."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        length, start = int.from_bytes(der[start : start + more]), start + more
    return start, start + length


# --- what comes instead of a public key -----------------------------------------------------------
def _refuse_private(text: str) -> None:
    if "PRIVATE KEY" in text.upper() or _is_bare_private(text):
        raise PrivateKeyUploaded(
            _(
                "This is a PRIVATE key. It was not stored, but it has left your machine: never use "
                "it again. Make a new key pair and upload its public key only."
            )
        )


def _is_bare_private(text: str) -> bool:
    """DER in base64 without its PEM lines."""
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        return serialization.load_der_private_key(der, None) is not None
    except (ValueError, TypeError, binascii.Error):
        return False
    except UnsupportedAlgorithm:
        # An SM2 private key: PKCS #8 that names a curve this library does not know.
        return True


def _only_block(text: str) -> tuple[str, bytes]:
    blocks = _BLOCK.findall(text)
    if len(blocks) != 1:
        raise BadKey(_not_readable())
    label, body = blocks[0]
    try:
        return label, base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error as error:
        raise BadKey(_not_readable()) from error


def _not_readable() -> str:
    return _(
        "This is not one public key in PEM form. Paste the whole text from -----BEGIN PUBLIC "
        "KEY----- to -----END PUBLIC KEY-----, or a certificate request."
    )


def _no_rsa() -> str:
    return _(
        "RSA keys are not accepted: at 2048 bits they are weaker than 128 bits, and larger ones "
        "are slow. Make a P-256, Ed25519 or SM2 key pair instead."
    )
