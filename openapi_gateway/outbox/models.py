"""What happened and partners may hear of, written in the transaction in which it happened.

Whoever announces knows nothing of callbacks; ``webhooks`` takes the rows up.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment


class Announcement(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Registered in outbox.kinds: "application.decided", "key.expiring", "liveness.finished".
    kind = models.CharField(_("kind"), max_length=40)
    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    # Of the client it concerns.
    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    # What the partner is told: no secret, no personal data in clear.
    data = models.JSONField(default=dict)
    # An address of this event alone (a liveness session's), beside the client's own.
    callback_url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))
    # When the deliveries were made of it.
    taken_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("announcement to a partner")
        verbose_name_plural = _("announcements to partners")
        ordering = ["id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(taken_at__isnull=True), name="gateway_outbox_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"
