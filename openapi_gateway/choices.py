from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Environment(TextChoices):
    SANDBOX = "sandbox", _("sandbox")
    PRODUCTION = "production", _("production")

    @property
    def tag(self) -> str:
        """As key ids and secrets carry it."""
        return "sbx" if self is Environment.SANDBOX else "prd"


class Level(TextChoices):
    """JR/T 0185-2020: A1 tells of products, read only; A2 touches funds or a person's data."""

    A1 = "A1", "A1"
    A2 = "A2", "A2"


class DataLevel(TextChoices):
    """JR/T 0171-2020."""

    C1 = "C1", _("C1 institution's own data")
    C2 = "C2", _("C2 identifies a person or an account")
    C3 = "C3", _("C3 authenticates a person")


class Algorithm(TextChoices):
    """Fixed by the key's record, never read from a message."""

    HMAC_SHA256 = "hmac-sha256", "HMAC-SHA256"
    P256 = "ecdsa-p256-sha256", "ECDSA P-256"
    ED25519 = "ed25519", "Ed25519"
    SM2 = "sm2-sm3", "SM2-SM3"

    @property
    def is_symmetric(self) -> bool:
        return self is Algorithm.HMAC_SHA256
