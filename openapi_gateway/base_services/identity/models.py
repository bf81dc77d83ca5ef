"""Tickets, the tokens they were exchanged for, and under which names partners know persons.

Bearer secrets are kept as digests (SHA-256, hexadecimal).
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from openapi_gateway.base_services.identity.choices import (
    Acr,
    StepUpMethod,
    StepUpState,
    SubjectKind,
    TicketState,
)
from openapi_gateway.choices import Environment


class Subject(models.Model):
    """One person as one client (openid) or all clients of the bank (unionid) know them.

    Kept, so that identifiers outlive the key they were made with.
    """

    identifier = models.CharField(max_length=34, unique=True)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    # Empty: the whole bank's.
    app_id = models.CharField(max_length=20, blank=True)
    customer_number = models.CharField(max_length=32)
    # Of PAIRWISE_KEYS.
    key_id = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "customer_number", "app_id"], name="gateway_identity_subject_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=SubjectKind.UNIONID, app_id="")
                | (Q(kind=SubjectKind.OPENID) & ~Q(app_id="")),
                name="gateway_identity_subject_sector",
            ),
        ]

    def __str__(self) -> str:
        return self.identifier


class Ticket(models.Model):
    """What the app hands to the partner's server: one use, 60 seconds."""

    digest = models.CharField(max_length=64, unique=True)
    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    customer_number = models.CharField(max_length=32)
    scopes = models.JSONField()
    consent_id = models.UUIDField(null=True)
    # RFC 7636, S256.
    code_challenge = models.CharField(max_length=43)
    # SHA-256 of the device's fingerprint, and of that of the request.
    device_digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    # From the app: its Idempotency-Key, and what the ticket is derived from under our key.
    request_key = models.CharField(max_length=100)
    salt = models.BinaryField()
    amr = models.JSONField()
    auth_time = models.DateTimeField()
    state = models.CharField(max_length=10, choices=TicketState.choices, default=TicketState.ISSUED)
    wrong_verifiers = models.PositiveSmallIntegerField(default=0)
    issued_at = models.DateTimeField()
    # Exclusive.
    expires_at = models.DateTimeField(db_index=True)
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "customer_number", "request_key"],
                name="gateway_identity_ticket_once",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="gateway_identity_ticket_life"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app_id} {self.issued_at:%Y-%m-%d %H:%M:%S}"


class TicketRate(models.Model):
    """How many tickets a customer took in one minute."""

    bank = models.ForeignKey("tenants.Bank", on_delete=models.CASCADE, related_name="+")
    customer_number = models.CharField(max_length=32)
    minute = models.DateTimeField(db_index=True)
    count = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["bank", "customer_number", "minute"], name="gateway_identity_rate_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.minute:%H:%M} {self.count}"


class Token(models.Model):
    """The truth about an access token; ``records`` keeps what introspection answers in Redis."""

    digest = models.CharField(max_length=64, unique=True)
    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="token")
    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    # With which the exchange was signed.
    key_id = models.CharField(max_length=24)
    openid = models.CharField(max_length=34)
    customer_number = models.CharField(max_length=32)
    scopes = models.JSONField()
    consent_id = models.UUIDField(null=True)
    acr = models.CharField(max_length=8, choices=Acr.choices, default=Acr.SIGNED_IN)
    amr = models.JSONField()
    auth_time = models.DateTimeField()
    session_ref = models.CharField(max_length=24, unique=True)
    # Of the person's device, as the partner's server saw it.
    client_address = models.GenericIPAddressField(null=True)
    issued_at = models.DateTimeField()
    # Exclusive.
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    revocation_reason = models.CharField(max_length=20, blank=True)

    class Meta:
        default_permissions = []
        indexes = [
            models.Index(
                fields=["openid", "environment", "-issued_at"], name="gateway_identity_token_of"
            )
        ]

    def __str__(self) -> str:
        return self.session_ref


class StepUp(models.Model):
    """A partner asks for more certainty about the person of one session."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="step_ups")
    bank = models.ForeignKey("tenants.Bank", on_delete=models.PROTECT, related_name="+")
    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10, choices=Environment.choices)
    openid = models.CharField(max_length=34)
    required_acr = models.CharField(max_length=8, choices=Acr.choices)
    method = models.CharField(max_length=10, choices=StepUpMethod.choices)
    reason = models.CharField(max_length=200)
    callback_url = models.CharField(max_length=300, blank=True)
    state = models.CharField(
        max_length=10, choices=StepUpState.choices, default=StepUpState.CREATED
    )
    created_at = models.DateTimeField()
    # Exclusive.
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.uid} {self.state}"
