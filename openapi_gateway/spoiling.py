"""Answers that are wrong on purpose, in the sandbox: a partner that takes them for right does not
verify. (WeChat Pay probes its merchants in the same way.)"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from os import urandom

from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponse

from openapi_gateway.choices import Algorithm
from openapi_gateway.signing.algorithms import signer

_VALUE = re.compile(r"=:[^:]*:")
_KEY_ID = re.compile(r'keyid="[^"]*"')
_CREATED = re.compile(r"created=(\d+)")
STALE_SECONDS = 3600


def _wrong_signature(response: HttpResponse) -> None:
    response["Signature"] = _VALUE.sub(_random_value, response["Signature"])


def _wrong_digest(response: HttpResponse) -> None:
    """The body is another one than was digested and signed."""
    response.content = response.content + b" "


def _wrong_binding(response: HttpResponse) -> None:
    """Signed for another request: to the partner it does not verify."""
    _wrong_signature(response)


def _unsigned(response: HttpResponse) -> None:
    for name in ("Signature", "Signature-Input"):
        del response[name]


def _foreign_key(response: HttpResponse) -> None:
    """Signed by somebody who calls himself the platform."""
    response["Signature-Input"] = _KEY_ID.sub(
        'keyid="platform-x-p256"', response["Signature-Input"]
    )
    sign = signer(Algorithm.P256, ec.generate_private_key(ec.SECP256R1()))
    forged = b64encode(sign(response["Signature-Input"].encode())).decode()
    response["Signature"] = _VALUE.sub(f"=:{forged}:", response["Signature"])


def _stale(response: HttpResponse) -> None:
    response["Signature-Input"] = _CREATED.sub(
        lambda match: f"created={int(match[1]) - STALE_SECONDS}", response["Signature-Input"]
    )


def _random_value(_match: re.Match[str]) -> str:
    return f"=:{b64encode(urandom(64)).decode()}:"


WAYS: dict[str, Callable[[HttpResponse], None]] = {
    "signature": _wrong_signature,
    "digest": _wrong_digest,
    "binding": _wrong_binding,
    "unsigned": _unsigned,
    "foreign_key": _foreign_key,
    "stale": _stale,
}


def spoil(response: HttpResponse, way: str) -> None:
    WAYS[way](response)
