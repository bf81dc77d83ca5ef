"""Ids that say what they are of: one key, one reservation; one customer, one share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fuxiang_zone.errors import KeyRequired
from fuxiang_zone.sales.actors import Doer

MAX_KEY_CHARACTERS = 100
# The id of a share where SQL needs it; no letter may follow the stroke: see ``share_id``.
SHARE_ID = "md5({product}::text || '/' || {customer})::uuid"

_ENCODER = json.JSONEncoder(sort_keys=True, default=str)


def require_key(key: str) -> None:
    if not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise KeyRequired(
            _("Send an Idempotency-Key of 1 to 100 printable ASCII characters with every change.")
        )


def reservation_id(doer: Doer, key: str) -> UUID:
    text = f"{doer.caller}\n{key}".encode()
    return UUID(bytes=hashlib.blake2b(text, digest_size=16).digest())


def share_id(product_id: int, customer_number: str) -> UUID:
    """The same as ``SHARE_ID``: the one digest that both the server and Python have."""
    text = f"{product_id}/{customer_number}".encode()
    return UUID(hashlib.md5(text, usedforsecurity=False).hexdigest())


def fingerprint(payload: Mapping[str, Any]) -> str:
    return hashlib.sha256(_ENCODER.encode(payload).encode()).hexdigest()
