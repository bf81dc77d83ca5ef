from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.base_services.keyboard.choices import Purpose, SessionState
from openapi_gateway.choices import Environment
from openapi_gateway.upstream.pin_blocks import MAX_PIN, MIN_PIN


class PinSession(models.Model):
    """One input of one PIN. What opens it (key, layout) lies in Redis, encrypted, until it is used;
    the PIN itself nowhere."""

    # "ps_" and 192 random bits; named in addresses, worth nothing without a key or the token.
    session_id = models.CharField(_("session"), max_length=40, unique=True, editable=False)
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    app_id = models.CharField(_("client id"), max_length=20)
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    purpose = models.CharField(_("purpose"), max_length=5, choices=Purpose.choices)
    length = models.PositiveSmallIntegerField(_("length"))
    # SHA-256 of the phone's token.
    token_digest = models.BinaryField(editable=False)
    # Public parts of the agreement.
    server_random = models.CharField(max_length=43, editable=False)
    # Keyed digests: of the device's fingerprint, of the account's reference when one was named.
    device = models.UUIDField(editable=False)
    account = models.UUIDField(null=True, editable=False)
    openid = models.CharField(_("openid"), max_length=34, blank=True)
    # The step-up of the identity service that this session shall settle.
    challenge_id = models.UUIDField(null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=SessionState.choices, default=SessionState.CREATED
    )
    # Why it was rejected: a code of the error catalogue.
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    consumed_at = models.DateTimeField(_("consumed at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("keyboard session")
        verbose_name_plural = _("keyboard sessions")
        ordering = ["-id"]
        default_permissions = ["view"]
        constraints = [
            models.CheckConstraint(
                condition=Q(length__gte=MIN_PIN, length__lte=MAX_PIN),
                name="gateway_keyboard_length",
                violation_error_message=_("A PIN has 4 to 12 digits."),
            ),
            models.CheckConstraint(
                condition=Q(state=SessionState.CREATED, consumed_at__isnull=True)
                | (~Q(state=SessionState.CREATED) & Q(consumed_at__isnull=False)),
                name="gateway_keyboard_consumed_once",
                violation_error_message=_("A session is used when it is consumed."),
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="gateway_keyboard_created")]

    def __str__(self) -> str:
        return self.session_id


class PinAttempts(models.Model):
    """How often PINs of one account were tried on one day; claimed before the core is asked."""

    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    environment = models.CharField(max_length=10, choices=Environment.choices)
    # Keyed digest of the account's reference.
    account = models.UUIDField()
    # In Shanghai.
    day = models.DateField()
    used = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("PIN attempts")
        verbose_name_plural = _("PIN attempts")
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "environment", "account", "day"],
                name="gateway_keyboard_attempts_once",
            )
        ]
        indexes = [models.Index(fields=["day"], name="gateway_keyboard_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.used}"
