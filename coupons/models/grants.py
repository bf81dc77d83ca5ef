from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from coupons.choices import GrantReason, GrantState, RecipientState
from coupons.models.templates import CouponTemplate


class Grant(models.Model):
    """Coupons of a template for named customers: those of a list, or those whom a rule meant when
    the grant was submitted."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(
        CouponTemplate,
        verbose_name=_("coupon template"),
        on_delete=models.PROTECT,
        related_name="grants",
    )
    name = models.CharField(_("name"), max_length=100)
    reason = models.CharField(
        _("kind of grant"), max_length=14, choices=GrantReason.choices, default=GrantReason.TARGETED
    )
    # What happened to the customers; required for a compensation.
    explanation = models.CharField(_("explanation"), max_length=500, blank=True)
    # {} = by the list.
    audience = models.JSONField(_("audience"), default=dict, blank=True)
    # Coupons for each customer.
    per_customer = models.PositiveSmallIntegerField(_("coupons per customer"), default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=GrantState.choices, default=GrantState.DRAFT
    )
    recipients = models.PositiveIntegerField(_("customers"), default=0)
    granted = models.PositiveIntegerField(_("coupons granted"), default=0)
    refused = models.PositiveIntegerField(_("not granted"), default=0)
    job_uid = models.UUIDField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("maker"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))
    approved_at = models.DateTimeField(_("approved at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("coupon grant")
        verbose_name_plural = _("coupon grants")
        ordering = ["-id"]
        default_permissions = ["view", "add", "change"]

    def __str__(self) -> str:
        return self.name


class GrantRecipient(models.Model):
    """One coupon for one customer, claimed exactly once however often the work is begun again."""

    id = models.BigAutoField(primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer_number = models.CharField(_("customer number"), max_length=32)
    # 1 … per_customer
    place = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=8, choices=RecipientState.choices, default=RecipientState.WAITING
    )
    coupon_id = models.BigIntegerField(null=True)
    # Code of the refusal.
    reason = models.CharField(max_length=40, blank=True)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "customer_number", "place"], name="coupons_recipient_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["grant", "id"],
                condition=Q(state="waiting"),
                name="coupons_recipient_waiting",
            )
        ]

    def __str__(self) -> str:
        return self.customer_number
