from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptAnswer(models.Model):
    """The answer to a call with an Idempotency-Key, given again to the same call.

    While ``status`` is 0 the call is running, until ``running_until`` at the longest: then whoever
    comes again takes it over.
    """

    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10)
    key = models.CharField(max_length=100)
    # Of method, address and body: another call under the same key is refused.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    # Encrypted: answers carry tokens.
    body = models.BinaryField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    running_until = models.DateTimeField()

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["app_id", "environment", "key"], name="gateway_answer_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="gateway_answer_age")]

    def __str__(self) -> str:
        return f"{self.app_id} {self.key}"
