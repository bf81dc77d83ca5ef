from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class Purpose(TextChoices):
    LOGIN = "login", pgettext_lazy("keyboard session", "signing in")
    TRANSACTION = "txn", pgettext_lazy("keyboard session", "transaction")
    SET = "set", pgettext_lazy("keyboard session", "setting a PIN")


class SessionState(TextChoices):
    """created → consumed → translated | verified | rejected; a created one expires by the clock."""

    CREATED = "created", pgettext_lazy("keyboard session", "created")
    CONSUMED = "consumed", pgettext_lazy("keyboard session", "consumed")
    TRANSLATED = "translated", pgettext_lazy("keyboard session", "translated")
    VERIFIED = "verified", pgettext_lazy("keyboard session", "verified")
    REJECTED = "rejected", pgettext_lazy("keyboard session", "rejected")
