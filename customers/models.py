from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.choices import ConsentPurpose, CustomerGroup, RiskLevel, TouchpointKind
from customers.querysets import CustomerQuerySet


class Customer(models.Model):
    """A customer of the bank, as far as the console must know them."""

    number = models.CharField(
        _("customer number"),
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9]{1,32}\Z", _("1 to 32 letters and digits."))],
    )
    # Masked when it is stored: 张*三.
    masked_name = models.CharField(_("name"), max_length=40, blank=True)
    # Masked too: 138****1234.
    masked_phone = models.CharField(_("phone"), max_length=20, blank=True)
    # SET_NULL never: a branch with customers is merged into another one first.
    branch = models.ForeignKey(
        "operators.Branch",
        verbose_name=_("branch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    # Keyed digest of the whole number: to look a phone up, never to show it.
    phone_digest = models.CharField(max_length=64, blank=True, editable=False)
    birth_year = models.PositiveSmallIntegerField(_("birth year"), null=True, blank=True)
    groups = ArrayField(
        models.CharField(max_length=12, choices=CustomerGroup.choices),
        verbose_name=_("customer groups"), default=list, blank=True,
    )  # fmt: skip
    tags = ArrayField(
        models.CharField(max_length=30), verbose_name=_("tags"), default=list, blank=True
    )
    risk_level = models.CharField(
        _("risk level"), max_length=2, choices=RiskLevel.choices, blank=True
    )
    risk_assessed_on = models.DateField(_("risk assessed on"), null=True, blank=True)
    # Staff who see publications on trial before the others.
    is_trial = models.BooleanField(_("on the trial list"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["number"]
        permissions = [
            ("manage_trial_list", _("Can change the trial list")),
            ("view_history", _("Can see what a customer was shown")),
        ]

    def __str__(self) -> str:
        return self.number


class Preference(models.Model):
    """What a customer chose for their own app."""

    customer_number = models.CharField(_("customer number"), max_length=32, primary_key=True)
    # Empty = as the bank has it.
    skin = models.CharField(_("skin"), max_length=20, blank=True)
    mode = models.CharField(_("mode"), max_length=10, blank=True)
    # Codes of home functions, first one first; null = as the bank has them.
    functions = models.JSONField(_("home functions"), null=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("customer's preference")
        verbose_name_plural = _("customers' preferences")
        default_permissions = ["view"]

    def __str__(self) -> str:
        return self.customer_number


class Consent(models.Model):
    """What a customer agreed to, in which words, and until when. Withdrawn once, never removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer_number = models.CharField(_("customer number"), max_length=32)
    purpose = models.CharField(_("purpose"), max_length=10, choices=ConsentPurpose.choices)
    # Of the partner's client: "app_" and 16 characters.
    app_id = models.CharField(_("partner"), max_length=20)
    # The words that were shown: their version, and SHA-256 of their text.
    wording_version = models.CharField(_("version of the wording"), max_length=20)
    wording_digest = models.CharField(_("digest of the wording"), max_length=64)
    given_at = models.DateTimeField(_("given at"))
    # Exclusive.
    expires_at = models.DateTimeField(_("expires at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    # The Idempotency-Key of the app, and the digest of what came with it.
    request_key = models.CharField(max_length=100, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("customer's consent")
        verbose_name_plural = _("customers' consents")
        ordering = ["-given_at"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_number", "request_key"], name="customers_consent_once"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("given_at"))
                & Q(expires_at__lte=F("given_at") + timedelta(days=366)),
                name="customers_consent_one_year",
                violation_error_message=_("A consent holds for one year at most."),
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=ConsentPurpose.values), name="customers_consent_purpose"
            ),
        ]
        indexes = [
            models.Index(fields=["customer_number", "-given_at"], name="customers_consent_of"),
            models.Index(fields=["-given_at"], name="customers_consent_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} · {self.get_purpose_display()}"


class Touchpoint(models.Model):
    """One event of a customer in a channel. Partitioned by the week of ``occurred_at``."""

    event_id = models.UUIDField(primary_key=True)
    customer_number = models.CharField(_("customer number"), max_length=32)
    kind = models.CharField(_("kind"), max_length=12, choices=TouchpointKind.choices)
    item_kind = models.CharField(max_length=20)
    item_uid = models.UUIDField()
    # Of the publication that was shown; 0 = not told.
    item_version = models.PositiveIntegerField(default=0)
    placement = models.CharField(max_length=20, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(_("received at"))
    # The system that reported it; empty = the customer's own app.
    reported_by = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = _("touchpoint")
        verbose_name_plural = _("touchpoints")
        ordering = ["-occurred_at"]
        default_permissions = ["view"]
        indexes = [
            models.Index(
                fields=["customer_number", "-occurred_at"], name="customers_touch_customer"
            )
        ]

    def __str__(self) -> str:
        return str(self.event_id)


class TouchpointKey(models.Model):
    """Every event id that has been taken in: makes intake idempotent across all partitions."""

    event_id = models.UUIDField(primary_key=True)
    # Monday of the week of the partition that holds it; they go together.
    week = models.DateField(db_index=True)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return str(self.event_id)


class FirstTouch(models.Model):
    """A customer has touched, or closed, an item. (Of shows, ``ShowCounter`` knows the first.)"""

    customer_number = models.CharField(max_length=32)
    item_uid = models.UUIDField()
    kind = models.CharField(max_length=12, choices=TouchpointKind.choices)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["customer_number", "item_uid", "kind"], name="customers_firsttouch_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.item_uid} {self.kind}"


class ItemDay(models.Model):
    """Touchpoints of one item on one day (Shanghai's), counted as they come in."""

    item_uid = models.UUIDField()
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=TouchpointKind.choices)
    count = models.PositiveBigIntegerField(default=0)
    # Different customers whose first such touchpoint with the item was on this day.
    first_time = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["item_uid", "day", "kind"], name="customers_itemday_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_uid} {self.day} {self.kind}"


class ShowCounter(models.Model):
    """How often one customer was shown one item (or one placement), for frequency caps."""

    customer_number = models.CharField(max_length=32)
    # The item's uid, or "placement:<code>" for all ads of a placement together.
    subject = models.CharField(max_length=36)
    lifetime = models.PositiveIntegerField(default=0)
    # Shows on ``day`` (Shanghai's); stale when the day is over.
    day = models.DateField()
    today = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["customer_number", "subject"], name="customers_showcounter_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.subject}"
