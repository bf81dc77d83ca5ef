"""Which of the platform's keys sign its answers, and what partners are shown of them.

The private parts come from GATEWAY_SIGNING_KEYS alone. The rows of ``PlatformKey`` say which entry
of the ring is current and which one is taking over, for what share of the answers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials.derivation import derive_keys
from openapi_gateway.credentials.models import PlatformKey
from openapi_gateway.credentials.public_keys import PublicKey, read_der, sm2_der
from tenants.changes import version_of
from tenants.search_path import on_public
from tenants.services import announce_change

# Among the schemas' versions, where no schema can have this name.
NAME = "gateway:platform-keys"
FULL = 10_000
# Of which one follows the other, in hundredths of a percent.
STEPS = (0, 100, 1_000, 5_000, FULL)
SUFFIXES = {Algorithm.P256: "p256", Algorithm.ED25519: "ed25519", Algorithm.SM2: "sm2"}


class RingState(TextChoices):
    ANNOUNCED = "announced", _("announced")
    TAKING_OVER = "taking_over", _("taking over")
    CURRENT = "current", _("current")
    RETIRED = "retired", _("retired")


@dataclass(frozen=True, slots=True)
class Choice:
    current: str
    candidate: str = ""
    share: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """One public key, as partners and the console see it."""

    kid: str
    ring_id: str
    algorithm: Algorithm
    state: RingState
    not_before: datetime | None
    public: PublicKey


_held: tuple[tuple[int, tuple[str, ...]], Choice] | None = None


def private_keys(ring_id: str) -> dict[Algorithm, Any]:
    """One private key per asymmetric family. Raises ``LookupError`` for an id that the ring does
    not hold (any more)."""
    if ring_id not in settings.GATEWAY_SIGNING_KEYS:
        raise LookupError(f"GATEWAY_SIGNING_KEYS holds no key {ring_id!r}.")
    return derive_keys(settings.GATEWAY_SIGNING_KEYS[ring_id])


def chosen_ring_id(random: float) -> str:
    """Which key signs an answer; ``random`` lies in [0, 1). Remembered until a change is told."""
    choice = _choice()
    return choice.candidate if random * FULL < choice.share else choice.current


def kid_of(ring_id: str, algorithm: Algorithm) -> str:
    return f"{ring_id}-{SUFFIXES[algorithm]}"


def public_keys(ring_id: str) -> dict[Algorithm, PublicKey]:
    private_keys(ring_id)
    return _public_keys(settings.GATEWAY_SIGNING_KEYS[ring_id])


@lru_cache(maxsize=64)
def _public_keys(seed: bytes) -> dict[Algorithm, PublicKey]:
    return {
        algorithm: read_der(_der(algorithm, key)) for algorithm, key in derive_keys(seed).items()
    }


def _der(algorithm: Algorithm, key: Any) -> bytes:
    if algorithm is Algorithm.SM2:
        return sm2_der(key.public_key())
    given: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return given


def platform_digests() -> set[str]:
    """Of every key that the ring can make, announced or not: nobody else may bring one of them."""
    return {
        public.digest
        for ring_id in settings.GATEWAY_SIGNING_KEYS
        for public in public_keys(ring_id).values()
    }


def published_keys() -> list[Published]:
    """The current one first. A retired one stays as long as the ring holds it: archived answers
    can still be verified."""
    with on_public():
        rows = {row.key_id: row for row in PlatformKey.objects.all()}
    current = _default(rows)
    ring_ids = [current, *(each for each in rows if each != current)]
    return [
        each
        for ring_id in ring_ids
        if ring_id in settings.GATEWAY_SIGNING_KEYS
        for each in _published(ring_id, rows.get(ring_id), current)
    ]


def _published(ring_id: str, row: PlatformKey | None, current: str) -> Iterator[Published]:
    state = RingState.CURRENT if ring_id == current else state_of(row)
    not_before = row.announced_at if row else None
    for algorithm, public in public_keys(ring_id).items():
        yield Published(kid_of(ring_id, algorithm), ring_id, algorithm, state, not_before, public)


def state_of(row: PlatformKey | None) -> RingState:
    if row is None or row.is_current:
        return RingState.CURRENT
    if row.retired_at is not None:
        return RingState.RETIRED
    return RingState.TAKING_OVER if row.share else RingState.ANNOUNCED


def jwk(published: Published) -> dict[str, Any]:
    """RFC 7517. SM2 is in no registry: its point stands in the members of an elliptic curve, and
    the key once more in PEM."""
    public, algorithm = published.public, published.algorithm
    described = {
        "kid": published.kid,
        "use": "sig",
        "state": published.state.value,
        "not_before": published.not_before.isoformat() if published.not_before else None,
        "thumbprint": _text(hashlib.sha256(public.der).digest()),
    }
    if algorithm is Algorithm.ED25519:
        point = public.key.public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": _text(point), **described}
    numbers = public.key.public_numbers()
    curve = {
        "kty": "EC", "crv": "P-256" if algorithm is Algorithm.P256 else "SM2",
        "x": _text(numbers.x.to_bytes(32)), "y": _text(numbers.y.to_bytes(32)),
    }  # fmt: skip
    return {**curve, **described, **({"pem": public.pem} if algorithm is Algorithm.SM2 else {})}


def ring_changed() -> None:
    """As the last statement of the transaction of every change."""
    announce_change(NAME)


def forget() -> None:
    """For tests, whose rolled-back transactions take versions back."""
    global _held
    _held = None


def _choice() -> Choice:
    global _held
    stamp = (version_of(NAME), tuple(settings.GATEWAY_SIGNING_KEYS))
    held = _held
    if held is None or held[0] != stamp:
        held = _held = (stamp, _read())
    return held[1]


def _read() -> Choice:
    with on_public():
        rows = {row.key_id: row for row in PlatformKey.objects.all()}
    current = _default(rows)
    for row in rows.values():
        is_held = row.key_id in settings.GATEWAY_SIGNING_KEYS and row.key_id != current
        if is_held and row.retired_at is None and row.share:
            return Choice(current, row.key_id, row.share)
    return Choice(current)


def _default(rows: dict[str, PlatformKey]) -> str:
    """The current key; until the console has said which, and when the one it named has left the
    ring, the ring's first that is not retired."""
    ring = settings.GATEWAY_SIGNING_KEYS
    for row in rows.values():
        if row.is_current and row.key_id in ring:
            return row.key_id
    for ring_id in ring:
        if ring_id not in rows or rows[ring_id].retired_at is None:
            return ring_id
    raise ImproperlyConfigured("GATEWAY_SIGNING_KEYS holds no key that may sign.")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
