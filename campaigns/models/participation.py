"""What happened: events, who took part by them, and what they get."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.choices import EffectKind, EffectState, EventOutcome, ParticipationState, Refusal
from campaigns.models.designs import Campaign


class Event(models.Model):
    """A qualifying event, once: from a system's token, a file, or the campaign's page."""

    # Digest of source kind and event_id: customers' own joinings never meet a system's ids.
    id = models.UUIDField(primary_key=True, editable=False)
    event_id = models.CharField(_("event"), max_length=100)
    kind = models.CharField(_("kind of event"), max_length=20)
    customer_number = models.CharField(_("customer number"), max_length=32)
    # Of the customer's branch when it came; empty = of none.
    branch_path = models.CharField(max_length=255, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    received_at = models.DateTimeField(_("received at"))
    amount_cents = models.PositiveBigIntegerField(_("amount"), default=0)
    scene = models.CharField(_("scene"), max_length=48, blank=True)
    # The event that this one takes back, wholly or by its amount; null = none.
    reverses = models.UUIDField(null=True)
    # What reversals have taken back of ``amount_cents``; their number, for events without amount.
    reversed_cents = models.PositiveBigIntegerField(default=0)
    is_reversed = models.BooleanField(default=False)
    outcome = models.CharField(_("outcome"), max_length=12, choices=EventOutcome.choices)
    # Name of the system, or of the file.
    source = models.CharField(_("source"), max_length=150)
    fingerprint = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-received_at", "-id"]
        default_permissions = ["view", "add"]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="campaigns_event_list"),
            models.Index(fields=["customer_number", "-occurred_at"], name="campaigns_event_of"),
            models.Index(
                fields=["reverses"], condition=Q(reverses__isnull=False),
                name="campaigns_event_reverses",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.event_id


class Participation(models.Model):
    """What one event led to in one campaign."""

    # Digest of campaign and event.
    id = models.UUIDField(primary_key=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="participations")
    terms_version = models.PositiveIntegerField(_("version"))
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="participations", db_constraint=False
    )
    customer_number = models.CharField(_("customer number"), max_length=32)
    branch_path = models.CharField(max_length=255, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ParticipationState.choices)
    # Why it was refused; empty = it was not.
    refusal = models.CharField(_("reason"), max_length=20, blank=True, choices=Refusal.choices)
    # The limit that was reached, or the value that did not qualify.
    detail = models.CharField(max_length=200, blank=True)
    # Set aside from the budget.
    cost_cents = models.PositiveBigIntegerField(_("cost"), default=0)
    # When the event occurred, which decides day, period and limits.
    occurred_at = models.DateTimeField(_("occurred at"))
    at = models.DateTimeField(_("at"))
    reversed_at = models.DateTimeField(_("reversed at"), null=True)

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]
        permissions = [("export_participation", _("Can export participations"))]
        indexes = [
            models.Index(fields=["campaign", "-at", "-id"], name="campaigns_part_list"),
            models.Index(fields=["event"], name="campaigns_part_event"),
            models.Index(fields=["campaign", "customer_number"], name="campaigns_part_customer"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Effect(models.Model):
    """One reward of one participation: written with it, applied exactly once afterwards."""

    id = models.UUIDField(primary_key=True, editable=False)
    participation = models.ForeignKey(
        Participation, on_delete=models.PROTECT, related_name="effects", db_constraint=False
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    customer_number = models.CharField(_("customer number"), max_length=32)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("reward"), max_length=20, choices=EffectKind.choices)
    # As in the terms: {"template": id} or {"templates": [ids]} or {"tag": text}.
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Set aside for it; after it is applied what it is worth.
    cost_cents = models.PositiveBigIntegerField(_("cost"), default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=EffectState.choices, default=EffectState.PENDING
    )
    # coupons.Coupon: an id, which that room's services understand.
    coupon_id = models.BigIntegerField(null=True)
    # What went wrong, as a person reads it.
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When it is tried (again); null = nothing is to be done.
    due_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(_("applied at"), null=True)

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        ordering = ["-made_at", "-id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["participation"], name="campaigns_effect_part"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="campaigns_effect_due"
            ),
            models.Index(
                fields=["coupon_id"], condition=Q(coupon_id__isnull=False),
                name="campaigns_effect_coupon",
            ),
            models.Index(fields=["campaign", "state"], name="campaigns_effect_state"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
