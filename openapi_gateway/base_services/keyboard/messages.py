"""Bodies and answers; they make the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Base64 = Annotated[str, Meta(max_length=100, pattern=r"\A[A-Za-z0-9_-]+\Z")]
Reference = Annotated[str, Meta(min_length=4, max_length=64, pattern=r"\A[A-Za-z0-9_.-]+\Z")]
KeyName = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9_.-]+\Z")]


class Begin(Struct, forbid_unknown_fields=True):
    purpose: Literal["login", "txn", "set"]
    length: Annotated[int, Meta(ge=4, le=12)]
    # What the partner knows the device by; kept as a keyed digest.
    device_fp: Annotated[str, Meta(min_length=8, max_length=128)]
    charset: Literal["digits"] = "digits"
    openid: Annotated[str, Meta(max_length=34)] = ""
    # Of a step-up: the session verifies the sign-in PIN of its person, and settles it.
    challenge_id: Annotated[str, Meta(max_length=36)] = ""
    # When it is known already: the session then serves this account alone.
    account_ref: Reference | UnsetType = UNSET


class Ciphertext(Struct, forbid_unknown_fields=True):
    eph_pub: Base64
    iv: Base64
    ct: Base64
    tag: Base64


class Translate(Struct, forbid_unknown_fields=True):
    ciphertext: Ciphertext
    target_key_id: KeyName
    format: Literal[0, 4] = 4
    pan: Annotated[str, Meta(max_length=19)] = ""
    # Instead of the account number, for partners who may not hold it.
    pan_token: Reference | UnsetType = UNSET


class Verify(Struct, forbid_unknown_fields=True):
    ciphertext: Ciphertext
    # Of every session but a step-up's, whose person the platform knows.
    account_ref: Reference | UnsetType = UNSET


class EncryptionKey(Struct):
    # Of this session alone.
    kid: str
    alg: str
    # An uncompressed point of P-256, base64url.
    pub: str
    # By the platform's P-256 key ``signed_by``: r‖s over the lines of the offer, base64url.
    signature: str
    signed_by: str


class Offer(Struct):
    """What a keyboard needs, the partner's own or the platform's page."""

    session_id: str
    app_id: str
    environment: str
    purpose: str
    length: int
    # By position: the name of the drawing on the key.
    layout: list[str]
    server_random: str
    enc_key: EncryptionKey
    expires_at: datetime
    expires_in: int


class Begun(Offer, kw_only=True):
    # For the page alone, in the fragment of its address.
    client_token: str


class Shown(Offer, kw_only=True):
    # Of the pages that the ciphertext may be handed to.
    origins: list[str]


class Translated(Struct):
    # Hexadecimal.
    pin_block: str
    format: int
    target_key_id: str
    kcv: str


class Verified(Struct):
    matched: bool
    attempts_left: int
    locked_until: datetime | None = None
