"""Campaigns of the province, the banks to which they are open, and what the banks report of them.

All of it in public. What concerns one bank is written by that bank's own verbs and tasks.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.choices import RunState
from campaigns.province.choices import JoinState, Told, WaveState
from publishing.choices import Stage
from publishing.models import Publishable


class ProvinceCampaign(Publishable):
    """Designed on the platform. Its title and period are the columns, as of all content."""

    # {name of a Field: {"lock": Lock, "value": …}}; title and period without a value.
    rules = models.JSONField(_("fields"), default=dict)

    class Meta(Publishable.Meta):
        verbose_name = _("province campaign")
        verbose_name_plural = _("province campaigns")
        ordering = ["-updated_at", "-id"]
        constraints = [*Publishable.Meta.constraints]

    def render_payload(self) -> dict[str, Any]:
        from campaigns.province.content import rendered

        return rendered(self)


class Wave(models.Model):
    """Banks to which a province campaign is opened together; number 1 is the pilot."""

    campaign = models.ForeignKey(ProvinceCampaign, on_delete=models.PROTECT, related_name="waves")
    number = models.PositiveSmallIntegerField(_("wave"))
    name = models.CharField(_("name"), max_length=40)
    state = models.CharField(
        _("state"), max_length=8, choices=WaveState.choices, default=WaveState.PLANNED
    )
    opened_at = models.DateTimeField(_("opened at"), null=True)
    opened_by = models.CharField(_("opened by"), max_length=150, blank=True)
    pulled_at = models.DateTimeField(_("pulled back at"), null=True)
    pulled_by = models.CharField(_("pulled back by"), max_length=150, blank=True)
    # Of the last switch.
    reason = models.TextField(_("reason"), blank=True)
    # When its banks were last told to do something; null = never.
    switched_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["campaign", "number"]
        default_permissions = ["view", "add"]
        permissions = [("pull_wave", _("Can pull a wave back and release it again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="campaigns_province_wave_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=WaveState.values), name="campaigns_province_wave_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Joining(models.Model):
    """One bank and one province campaign that is, or will be, open to it."""

    campaign = models.ForeignKey(
        ProvinceCampaign, on_delete=models.PROTECT, related_name="joinings"
    )
    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="joinings")
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=JoinState.choices, default=JoinState.WAITING
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.CharField(_("answered by"), max_length=150, blank=True)
    # Why it does not join.
    reason = models.TextField(_("reason"), blank=True)
    # The bank's own campaign and the version of the province campaign that its draft carries out.
    campaign_uid = models.UUIDField(null=True)
    version = models.PositiveIntegerField(_("version"), null=True)
    # Names of Fields in which the draft says something else than that version proposes.
    drift = models.JSONField(_("differs in"), default=list)
    deferred_version = models.PositiveIntegerField(_("deferred version"), null=True)
    deferred_reason = models.TextField(_("reason"), blank=True)
    # What the last switch of the wave met in the bank; null until its task has been there.
    told_at = models.DateTimeField(null=True)
    told = models.CharField(max_length=8, choices=Told.choices, blank=True)

    class Meta:
        verbose_name = _("participation of a bank")
        verbose_name_plural = _("participations of banks")
        ordering = ["campaign", "wave", "bank"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "bank"], name="campaigns_province_joining_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=JoinState.values), name="campaigns_province_joining_known"
            ),
        ]
        indexes = [models.Index(fields=["bank", "state"], name="campaigns_prov_join_bank")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.bank_id}"


class BankFigures(models.Model):
    """What one bank's campaign did so far: a roll-up that the bank's own task writes."""

    joining = models.OneToOneField(
        Joining, on_delete=models.PROTECT, primary_key=True, related_name="figures"
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, blank=True)
    # Empty = not published.
    run_state = models.CharField(_("switched"), max_length=10, choices=RunState.choices, blank=True)
    budget_cents = models.BigIntegerField(_("budget"), default=0)
    # By the bank's account; the sum of its ledger; the sum of its figures by day.
    committed_cents = models.BigIntegerField(_("committed"), default=0)
    ledger_cents = models.BigIntegerField(default=0)
    days_cents = models.BigIntegerField(default=0)
    redeemed_cents = models.BigIntegerField(_("redeemed"), default=0)
    # The same by the ledger of the bank's coupons.
    coupons_cents = models.BigIntegerField(default=0)
    province_cents = models.BigIntegerField(_("province's share"), default=0)
    bank_cents = models.BigIntegerField(_("bank's share"), default=0)
    merchant_cents = models.BigIntegerField(_("merchant's share"), default=0)
    visits = models.BigIntegerField(_("visits"), default=0)
    participations = models.BigIntegerField(_("participations"), default=0)
    customers = models.BigIntegerField(_("customers"), default=0)
    refusals = models.BigIntegerField(_("refusals"), default=0)
    reversals = models.BigIntegerField(_("reversals"), default=0)
    claims = models.BigIntegerField(_("coupons given"), default=0)
    redemptions = models.BigIntegerField(_("redemptions"), default=0)
    # Whether the bank's own books agree, and what does not.
    is_even = models.BooleanField(_("ties out"), default=True)
    breaks = models.JSONField(default=list)
    # How fresh the rest is.
    seen_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("figures of a bank")
        verbose_name_plural = _("figures of banks")
        default_permissions = ["view"]

    def __str__(self) -> str:
        return str(self.joining_id)


class BankDay(models.Model):
    """The same by Shanghai's day."""

    joining = models.ForeignKey(Joining, on_delete=models.PROTECT, related_name="days")
    day = models.DateField(_("day"))
    visits = models.BigIntegerField(_("visits"), default=0)
    participations = models.BigIntegerField(_("participations"), default=0)
    claims = models.BigIntegerField(_("coupons given"), default=0)
    redemptions = models.BigIntegerField(_("redemptions"), default=0)
    committed_cents = models.BigIntegerField(_("committed"), default=0)
    redeemed_cents = models.BigIntegerField(_("redeemed"), default=0)

    class Meta:
        verbose_name = _("figures of a bank's day")
        verbose_name_plural = _("figures of banks' days")
        ordering = ["day", "joining"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["joining", "day"], name="campaigns_province_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.joining_id} {self.day}"
