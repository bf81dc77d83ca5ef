"""How the owner of a public key proves that the private one is theirs: they sign a challenge."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.errors import NotProven
from openapi_gateway.credentials.models import Key
from openapi_gateway.credentials.public_keys import read_pem
from openapi_gateway.credentials.signatures import verifies

VALID_FOR = timedelta(hours=24)
MOST_SIGNATURE = 400


@dataclass(frozen=True, slots=True)
class Way:
    """A command line that signs the challenge, as the page shows it."""

    name: str
    lines: str


def new_challenge() -> str:
    return secrets.token_urlsafe(32)


def message_of(key: Key) -> str:
    """What is signed, byte for byte, without a line's end. It names client and key: a signature
    given elsewhere proves nothing here."""
    return f"rcb-key-possession:{key.client.app_id}:{key.key_id}:{key.challenge}"


def read_signature(text: str) -> bytes:
    given = "".join(text.split())
    try:
        signature = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotProven(_("The signature is not base64. Paste what the last line printed.")) from (
            error
        )
    if not 0 < len(signature) <= MOST_SIGNATURE:
        raise NotProven(_("This is not the length of a signature. Sign the challenge again."))
    return signature


def is_proof(key: Key, signature: bytes) -> bool:
    given = read_pem(key.public_key)
    return verifies(given.algorithm, given.key, message_of(key).encode(), signature)


def ways_to_sign(key: Key) -> list[Way]:
    algorithm = Algorithm(key.algorithm)
    first = f"printf '%s' '{message_of(key)}' > challenge.txt"
    return [
        Way("OpenSSL", "\n".join((first, _OPENSSL[algorithm], "openssl base64 -A -in proof.bin"))),
        Way("Python", _PYTHON[algorithm].format(message=message_of(key))),
    ]


_OPENSSL = {
    Algorithm.P256: "openssl dgst -sha256 -sign private.pem -out proof.bin challenge.txt",
    Algorithm.ED25519: (
        "openssl pkeyutl -sign -rawin -inkey private.pem -in challenge.txt -out proof.bin"
    ),
    Algorithm.SM2: (
        "openssl dgst -sm3 -sign private.pem -sigopt distid:1234567812345678 -out proof.bin"
        " challenge.txt"
    ),
}
_PYTHON = {
    Algorithm.P256: """\
import base64
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

key = load_pem_private_key(open("private.pem", "rb").read(), None)
proof = key.sign(b"{message}", ec.ECDSA(hashes.SHA256()))
print(base64.b64encode(proof).decode())""",
    Algorithm.ED25519: """\
import base64
from cryptography.hazmat.primitives.serialization import load_pem_private_key

key = load_pem_private_key(open("private.pem", "rb").read(), None)
print(base64.b64encode(key.sign(b"{message}")).decode())""",
    Algorithm.SM2: """\
import base64
from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec

key = serialization.load_pem_private_key(open("private.pem", "rb").read(), None)
proof = key.sign(b"{message}", ec.ECDSA(hashes.SM3()))
print(base64.b64encode(proof).decode())""",
}
# How a pair is made; the private file never leaves the partner's machine.
WAYS_TO_MAKE = [
    Way(
        "P-256",
        "openssl ecparam -name prime256v1 -genkey -noout -out private.pem\n"
        "openssl pkey -in private.pem -pubout -out public.pem",
    ),
    Way(
        "Ed25519",
        "openssl genpkey -algorithm ed25519 -out private.pem\n"
        "openssl pkey -in private.pem -pubout -out public.pem",
    ),
    Way(
        "SM2",
        "openssl ecparam -name SM2 -genkey -noout -out private.pem\n"
        "openssl pkey -in private.pem -pubout -out public.pem",
    ),
]
