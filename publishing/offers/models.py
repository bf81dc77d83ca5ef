"""What the platform knows of banks' answers: offered content, templates. In public only."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from publishing.choices import OfferState
from publishing.offers.querysets import OfferDeliveryQuerySet, OfferQuerySet


class Offer(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    source_uid = models.UUIDField(editable=False)
    title = models.CharField(_("title"), max_length=80)
    content = models.JSONField(encoder=DjangoJSONEncoder)
    note = models.TextField(_("note"), blank=True)
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("offered by"), on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    offered_at = models.DateTimeField(_("offered at"))

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer to banks")
        verbose_name_plural = _("offers to banks")
        ordering = ["-offered_at"]
        default_permissions = ["view", "add"]

    def __str__(self) -> str:
        return self.title


class OfferDelivery(models.Model):
    """How one bank stands to an offer; a roll-up of the bank's own row."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="deliveries")
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=OfferState.choices, default=OfferState.WAITING
    )
    # null until it lies in the bank's own list.
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answer_note = models.TextField(_("reason"), blank=True)
    # When customers of the bank first got what was made of it.
    published_at = models.DateTimeField(_("published at"), null=True)
    # When the bank's own row was last looked at: how fresh the rest is.
    seen_at = models.DateTimeField(_("as of"), null=True)

    objects = OfferDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery of an offer")
        verbose_name_plural = _("deliveries of offers")
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "bank"], name="publishing_delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.bank_id}"


class TemplateStanding(models.Model):
    """How one bank stands to one group's province template; a roll-up that the bank's own verbs
    write in their transaction, so it is never behind. No row: the bank follows the newest."""

    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("group of settings"), max_length=40)
    # By the bank's published settings; null = it follows the newest.
    accepted_version = models.PositiveIntegerField(_("accepted version"), null=True)
    # The last version that the bank has put off, and why.
    deferred_version = models.PositiveIntegerField(_("deferred version"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("standing to a template")
        verbose_name_plural = _("standings to templates")
        ordering = ["name", "bank"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "name"], name="publishing_standing_once")
        ]

    def __str__(self) -> str:
        return f"{self.bank_id} {self.name}"
