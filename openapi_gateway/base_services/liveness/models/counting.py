"""How often people tried, whose faces were processed, what was deleted."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from openapi_gateway.base_services.liveness.choices import Counted, PurgeReason
from openapi_gateway.base_services.liveness.models.sessions import LivenessSession
from openapi_gateway.choices import Environment


class AttemptCount(models.Model):
    """Attempts of one person, or from one device, on one day of Shanghai."""

    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    counted = models.CharField(max_length=8, choices=Counted.choices)
    digest = models.CharField(max_length=32)
    day = models.DateField()
    used = models.PositiveIntegerField()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "environment", "counted", "digest", "day"],
                name="gateway_liveness_counted_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted} {self.day} {self.used}"


class FacePerson(models.Model):
    """One person whose face a bank has had processed, in production; by a keyed digest."""

    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=32)
    first_at = models.DateTimeField()

    class Meta:
        verbose_name = _("person whose face was processed")
        verbose_name_plural = _("persons whose faces were processed")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["bank", "subject"], name="gateway_liveness_person_once")
        ]

    def __str__(self) -> str:
        return f"{self.bank_id} {self.subject[:8]}"


class PurgeProof(models.Model):
    """What was deleted when, by digest. Never changed."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(LivenessSession, on_delete=models.PROTECT, related_name="purges")
    reason = models.CharField(_("reason"), max_length=10, choices=PurgeReason.choices)
    captures = models.PositiveSmallIntegerField(_("captures"))
    size = models.PositiveBigIntegerField(_("bytes"))
    at = models.DateTimeField(_("at"))
    # SHA-256 over session, reason, moment and the digests of what was deleted.
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("proof of deletion")
        verbose_name_plural = _("proofs of deletion")
        ordering = ["id"]
        default_permissions = []

    def __str__(self) -> str:
        return str(self.uid)
