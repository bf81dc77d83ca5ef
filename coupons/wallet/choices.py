from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class WalletState(TextChoices):
    """What a coupon is to its holder at a moment: by row, batch and clock."""

    USABLE = "usable", pgettext_lazy("wallet", "usable")
    LOCKED = "locked", pgettext_lazy("wallet", "being paid with")
    UPCOMING = "upcoming", pgettext_lazy("wallet", "not yet valid")
    REDEEMED = "redeemed", pgettext_lazy("wallet", "used")
    EXPIRED = "expired", pgettext_lazy("wallet", "expired")
    FROZEN = "frozen", pgettext_lazy("wallet", "suspended")
    VOIDED = "voided", pgettext_lazy("wallet", "no longer valid")
