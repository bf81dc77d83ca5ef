from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Purpose(TextChoices):
    LOGIN = "login", _("signing in")
    TRANSACTION = "txn", _("transaction")
    SET = "set", _("setting a PIN")


class SessionState(TextChoices):
    """created → consumed → translated | verified | rejected; a created one expires by the clock."""

    CREATED = "created", _("created")
    CONSUMED = "consumed", _("consumed")
    TRANSLATED = "translated", _("translated")
    VERIFIED = "verified", _("verified")
    REJECTED = "rejected", _("rejected")
