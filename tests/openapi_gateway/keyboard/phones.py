"""A phone's side of the agreement, and calls as the pipeline hands them to handlers."""

from __future__ import annotations

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone

from openapi_gateway.base_services.keyboard.layouts import GLYPHS
from openapi_gateway.base_services.keyboard.messages import Begin, Begun
from openapi_gateway.base_services.keyboard.operations import OPERATIONS
from openapi_gateway.calls import Call, Reply
from openapi_gateway.credentials.records import ClientRecord
from openapi_gateway.upstream.zone_keys import zone_keys
from tenants.models import Bank

ORIGIN = "https://shop.example"
PAN = "6217001234567890123"


def a_client(bank: Bank, **changes: Any) -> ClientRecord:
    given = {
        "client_id": 0, "app_id": f"app_{secrets.token_hex(8)}", "name": "Shop",
        "bank_id": bank.pk, "bank_slug": bank.slug, "schema_name": bank.schema_name,
        "is_open": True, "origins": (ORIGIN,), "permits": {}, "epoch": "",
    }  # fmt: skip
    return ClientRecord(**{**given, **changes})


def call(
    client: ClientRecord | None, name: str, body: dict[str, Any] | None = None, *,
    environment: str = "sandbox", at: datetime | None = None, **more: Any,
) -> Reply:  # fmt: skip
    """``name``: "begin", "translate", …; the body goes through the operation's schema."""
    operation = next(each for each in OPERATIONS if each.name == f"keyboard.{name}")
    decoded = None if body is None else msgspec.convert(body, operation.body)
    path = {"id": more.pop("session_id")} if "session_id" in more else {}
    given = Call(
        request_id="req_test", at=at or timezone.now(), environment=environment,
        operation=operation, path=path, query={}, body=decoded, client=client, **more,
    )  # fmt: skip
    return operation.handler(given)


def begin(client: ClientRecord, *, at: datetime | None = None, **fields: Any) -> Begun:
    environment = fields.pop("environment", "sandbox")
    wish = {"purpose": "txn", "length": 6, "device_fp": "device-0001", **fields}
    body = msgspec.to_builtins(msgspec.convert(wish, Begin))
    body = {key: value for key, value in body.items() if value != ""}
    reply = call(client, "begin", body, environment=environment, at=at)
    assert isinstance(reply.body, Begun)
    return reply.body


def positions_of(offer: Any, pin: str) -> bytes:
    return bytes(offer.layout.index(GLYPHS[int(digit)]) for digit in pin)


def sealed(offer: Any, positions: bytes, **changes: str) -> dict[str, str]:
    """As a keyboard would send it; ``changes`` replace what it is bound to."""
    mine = ec.generate_private_key(ec.SECP256R1())
    eph_pub = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    theirs = unbase64(offer.enc_key.pub)
    shared = mine.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    )
    info = b"rcb-pinpad-1" + eph_pub + theirs
    key = HKDF(SHA256(), 32, salt=offer.server_random.encode(), info=info).derive(shared)
    bound = {
        name: getattr(offer, name) for name in ("session_id", "app_id", "server_random", "purpose")
    }
    aad = "".join({**bound, **changes}.values()).encode()
    iv = os.urandom(12)
    out = AESGCM(key).encrypt(iv, positions, aad)
    parts = {"eph_pub": eph_pub, "iv": iv, "ct": out[:-16], "tag": out[-16:]}
    return {name: base64(part) for name, part in parts.items()}


def pressed(offer: Any, pin: str) -> dict[str, str]:
    return sealed(offer, positions_of(offer, pin))


def translation(offer: Any, pin: str, **changes: Any) -> dict[str, Any]:
    body = {
        "ciphertext": pressed(offer, pin), "target_key_id": zone_keys().default_key_id(),
        "format": 4, "pan": PAN,
    }  # fmt: skip
    return {**body, **changes}


def base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
