from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.choices import Algorithm

__all__ = ["Algorithm", "ClientState", "KeyState"]


class ClientState(TextChoices):
    ACTIVE = "active", pgettext_lazy("client", "active")
    CLOSED = "closed", _("closed")


class KeyState(TextChoices):
    PENDING = "pending", _("waiting for proof of possession")
    ACTIVE = "active", pgettext_lazy("key", "active")
    RETIRING = "retiring", _("being replaced")
    RETIRED = "retired", _("retired")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("revoked")

    @classmethod
    def usable(cls) -> tuple[KeyState, ...]:
        return (cls.ACTIVE, cls.RETIRING)

    @classmethod
    def final(cls) -> tuple[KeyState, ...]:
        return (cls.RETIRED, cls.EXPIRED, cls.REVOKED)
