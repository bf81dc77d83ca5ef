"""Figures of a campaign by day and branch, written with what they count."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.designs import Campaign


class DayFigure(models.Model):
    """Of Shanghai's day and the customer's branch."""

    # Digest of campaign, day and branch.
    id = models.UUIDField(primary_key=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="figures")
    day = models.DateField(_("day"))
    branch_path = models.CharField(max_length=255, blank=True)
    # Customers' visits of the campaign's page.
    visits = models.BigIntegerField(_("visits"), default=0)
    participations = models.BigIntegerField(_("participations"), default=0)
    refusals = models.BigIntegerField(_("refusals"), default=0)
    reversals = models.BigIntegerField(_("reversals"), default=0)
    # Coupons given by it.
    claims = models.BigIntegerField(_("coupons given"), default=0)
    redemptions = models.BigIntegerField(_("redemptions"), default=0)
    # Committed from the budget less what went back.
    committed_cents = models.BigIntegerField(_("committed"), default=0)
    # What redeemed coupons cost less what was reversed, and each bearer's share of it.
    redeemed_cents = models.BigIntegerField(_("redeemed"), default=0)
    province_cents = models.BigIntegerField(_("province's share"), default=0)
    bank_cents = models.BigIntegerField(_("bank's share"), default=0)
    merchant_cents = models.BigIntegerField(_("merchant's share"), default=0)

    class Meta:
        verbose_name = _("figures of a day")
        verbose_name_plural = _("figures of days")
        ordering = ["-day", "branch_path"]
        default_permissions = ["view"]
        indexes = [models.Index(fields=["campaign", "day"], name="campaigns_figure_of")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.day}"


class DayTie(models.Model):
    """The last comparison of a campaign's books: ledger, participations, rewards and coupons."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, primary_key=True, related_name="tie"
    )
    at = models.DateTimeField(_("compared at"))
    is_even = models.BooleanField(_("ties out"))
    # {name of a sum: cents or count}
    sums = models.JSONField(default=dict)
    # Sentences, one per difference.
    breaks = models.JSONField(default=list)

    class Meta:
        verbose_name = _("comparison of a campaign's books")
        verbose_name_plural = _("comparisons of campaigns' books")
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.is_even}"
