from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.credentials.choices import Algorithm, KeyState
from openapi_gateway.credentials.querysets import KeyQuerySet

MAX_DAYS = 365


class Key(models.Model):
    # "k_sbx_" or "k_prd_" and 16 characters of base32: the environment is part of it.
    key_id = models.CharField(_("key id"), max_length=24, unique=True, editable=False)
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="keys",
    )  # fmt: skip
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    algorithm = models.CharField(_("algorithm"), max_length=20, choices=Algorithm.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=KeyState.choices, default=KeyState.PENDING
    )
    # Of a symmetric key: encrypted for the platform's schema, bound to key id, bank and version.
    secret = models.BinaryField(null=True, editable=False)
    # Of an asymmetric key: SubjectPublicKeyInfo, PEM.
    public_key = models.TextField(_("public key"), blank=True)
    # First 8 hexadecimal digits of SHA-256 over the secret or the DER of the public key.
    fingerprint = models.CharField(_("fingerprint"), max_length=8)
    # SHA-256 over the DER of the public key, hexadecimal: no two clients share a key pair.
    digest = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveSmallIntegerField(default=1)
    # The key that this one took over from.
    replaces = models.ForeignKey(
        "self", verbose_name=_("replaces"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    # What the owner must sign to prove possession, while pending.
    challenge = models.CharField(max_length=64, blank=True)
    challenge_expires_at = models.DateTimeField(null=True, blank=True)
    # CIDR; empty = as the grant has it.
    addresses = models.JSONField(_("addresses"), default=list, blank=True)
    created_by = models.CharField(_("created by"), max_length=150)
    created_at = models.DateTimeField(_("created at"))
    activated_at = models.DateTimeField(_("activated at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))
    # The end of the overlap with the key that replaces it.
    retires_at = models.DateTimeField(_("retires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.CharField(_("revoked by"), max_length=150, blank=True)
    revocation_reason = models.CharField(_("reason"), max_length=200, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    # Days before the end of which partners were told: 30, 14, 7, 1.
    reminded = models.JSONField(default=list)

    objects = KeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [
            ("manage_key", _("Can make, prove and replace keys of the bank's clients")),
            ("revoke_key", _("Can revoke keys of the bank's clients")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + timedelta(days=MAX_DAYS)),
                name="gateway_credentials_key_365_days",
                violation_error_message=_("A key is valid for 365 days at most."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(algorithm=Algorithm.HMAC_SHA256, secret__isnull=False, public_key="")
                    | (
                        ~Q(algorithm=Algorithm.HMAC_SHA256)
                        & Q(secret__isnull=True)
                        & ~Q(public_key="")
                    )
                ),
                name="gateway_credentials_key_material",
                violation_error_message=_("A key is either a secret or a public key."),
            ),
            # "Two active": the one in use and the one that is being replaced.
            models.UniqueConstraint(
                fields=["client", "environment"],
                condition=Q(state=KeyState.ACTIVE),
                name="gateway_credentials_one_active",
                violation_error_message=_(
                    "This client has an active key here: replace it or revoke it."
                ),
            ),
            models.UniqueConstraint(
                fields=["client", "environment"],
                condition=Q(state=KeyState.RETIRING),
                name="gateway_credentials_one_retiring",
                violation_error_message=_("Two keys overlap already."),
            ),
            # Of proven keys only: uploading somebody else's public key takes nothing from them.
            models.UniqueConstraint(
                fields=["digest"],
                condition=Q(activated_at__isnull=False) & ~Q(digest=""),
                name="gateway_credentials_pair_once",
                violation_error_message=_("This key pair is in use already: make a new one."),
            ),
        ]
        indexes = [
            models.Index(fields=["client", "environment", "-id"], name="gateway_cred_key_client"),
            models.Index(fields=["state", "expires_at"], name="gateway_credentials_key_ends"),
        ]

    def __str__(self) -> str:
        return self.key_id

    @property
    def ends_at(self) -> datetime:
        """When it stops being accepted, whatever its state says by then."""
        return min(self.expires_at, self.retires_at or self.expires_at)

    def standing(self, at: datetime) -> KeyState:
        """The state as the clock has it: tasks only tidy the column."""
        state = KeyState(self.state)
        if state not in KeyState.usable() or at < self.ends_at:
            return state
        return KeyState.EXPIRED if self.expires_at <= at else KeyState.RETIRED
