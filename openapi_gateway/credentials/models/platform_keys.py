from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PlatformKey(models.Model):
    """One entry of GATEWAY_SIGNING_KEYS as partners see it. The private part never comes here."""

    # Of the ring; each family (P-256, Ed25519, SM2) has a key of its own under it.
    key_id = models.CharField(_("key id"), max_length=40, unique=True)
    # Announced first, so that partners can fetch it before it signs.
    announced_at = models.DateTimeField(_("announced at"))
    # Hundredths of a percent of the answers that are signed with it: 0, 100, 1000, 5000, 10000.
    share = models.PositiveSmallIntegerField(_("share"), default=0)
    is_current = models.BooleanField(_("current"), default=False)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("platform key")
        verbose_name_plural = _("platform keys")
        ordering = ["-announced_at"]
        default_permissions = ["view"]
        permissions = [("rotate_platformkey", _("Can rotate the platform's signing keys"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__lte=10_000), name="gateway_credentials_share_in_range"
            ),
            models.UniqueConstraint(
                fields=["is_current"],
                condition=Q(is_current=True),
                name="gateway_credentials_one_current",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id
