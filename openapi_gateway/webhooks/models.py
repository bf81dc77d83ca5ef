"""Where partners are called back, and what became of each callback."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.webhooks.choices import DeliveryState, EndpointState, Outcome

URL_LENGTH = 300


class Endpoint(models.Model):
    """One callback address of a client, with a secret of its own."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    # One of the callback addresses of the client's grants.
    url = models.CharField(_("callback address"), max_length=URL_LENGTH)
    # Names of outbox kinds; empty = all of them.
    kinds = models.JSONField(_("told of"), default=list, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=EndpointState.choices, default=EndpointState.ACTIVE
    )
    disabled_reason = models.CharField(_("reason"), max_length=200, blank=True)
    # Sealed for the platform's schema, bound to uid and version.
    secret = models.BinaryField(editable=False)
    version = models.PositiveSmallIntegerField(default=1)
    # The one before, with which callbacks are signed, too, until the overlap is over.
    old_secret = models.BinaryField(null=True, editable=False)
    old_secret_until = models.DateTimeField(_("old secret until"), null=True, blank=True)
    created_by = models.CharField(_("created by"), max_length=150)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("callback address")
        verbose_name_plural = _("callback addresses")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("manage_endpoint", _("Can keep the callback addresses of clients"))]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "environment", "url"],
                name="gateway_webhooks_endpoint_once",
                violation_error_message=_("This client is called back there already."),
            )
        ]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One callback, attempted until it is delivered or given up."""

    # The "webhook-id": the same at every attempt, so that partners take it once.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # None = a test, or sent again by hand.
    announcement = models.ForeignKey(
        "gateway_outbox.Announcement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Whose secret signs it.
    endpoint = models.ForeignKey(
        Endpoint, verbose_name=_("callback address"), on_delete=models.PROTECT,
        related_name="deliveries",
    )  # fmt: skip
    again = models.ForeignKey(
        "self", verbose_name=_("sent again"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("event"), max_length=40)
    # The bytes that are signed and sent.
    body = models.TextField(_("body"))
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts_made = models.PositiveSmallIntegerField(_("attempts made"), default=0)
    # While an attempt is under way: when it counts as interrupted.
    next_at = models.DateTimeField(_("next attempt"))
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("resend_delivery", _("Can send callbacks again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "endpoint"], name="gateway_webhooks_taken_once"
            )
        ]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="gateway_webhooks_of_endpoint"),
            models.Index(
                fields=["next_at"], condition=Q(state=DeliveryState.WAITING),
                name="gateway_webhooks_due",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"msg_{self.uid.hex}"


class Attempt(models.Model):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField(_("attempt"))
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN
    )
    # Of the answer; None without one.
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["delivery", "number"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="gateway_webhooks_attempt_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.delivery} {self.number}"
