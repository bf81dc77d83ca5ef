from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ClientState(TextChoices):
    ACTIVE = "active", _("active")
    CLOSED = "closed", _("closed")


class Algorithm(TextChoices):
    """Fixed by the key's record, never read from a message."""

    HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256"
    P256 = "ecdsa-p256-sha256", "ECDSA P-256"
    ED25519 = "ed25519", "Ed25519"
    SM2 = "sm2-sm3", "SM2-SM3"

    @property
    def is_symmetric(self) -> bool:
        return self is Algorithm.HMAC_SHA256


class KeyState(TextChoices):
    PENDING = "pending", _("waiting for proof of possession")
    ACTIVE = "active", _("active")
    RETIRING = "retiring", _("being replaced")
    RETIRED = "retired", _("retired")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("revoked")

    @classmethod
    def usable(cls) -> tuple[KeyState, ...]:
        return (cls.ACTIVE, cls.RETIRING)
