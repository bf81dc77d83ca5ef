"""Budget and limits: an append-only ledger, and the counters on which limits are claimed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyQuerySet, AppendOnlyRow
from campaigns.choices import LedgerEntryKind
from campaigns.models.designs import Campaign


class EntryQuerySet(AppendOnlyQuerySet):
    pass


class BudgetEntry(AppendOnlyRow, models.Model):
    """The budget is the sum of these rows; ``CampaignAccount.committed_cents`` says the same."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="ledger")
    # The participation, or the effect of it, that it is about.
    participation_id = models.UUIDField()
    effect_id = models.UUIDField(null=True)
    kind = models.CharField(_("kind"), max_length=10, choices=LedgerEntryKind.choices)
    cents = models.BigIntegerField(_("amount"))
    branch_path = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(_("at"))

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a budget")
        verbose_name_plural = _("entries of budgets")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="commit") & Q(cents__gt=0))
                | (~Q(kind="commit") & Q(cents__lt=0)),
                name="campaigns_entry_sign",
            )
        ]
        indexes = [
            models.Index(fields=["campaign", "at"], name="campaigns_entry_of"),
            models.Index(fields=["participation_id"], name="campaigns_entry_part"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cents}"


class LimitCounter(models.Model):
    """What is used of one limit by one subject in one period."""

    # Digest of campaign, rule, period and subject.
    id = models.UUIDField(primary_key=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    # "measure:period:per"
    rule = models.CharField(max_length=40)
    # First day; null = the whole campaign.
    period = models.DateField(null=True)
    # Customer number, path of a branch, or empty.
    subject = models.CharField(max_length=255, blank=True)
    used = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = []
        constraints = [
            models.CheckConstraint(condition=Q(used__gte=0), name="campaigns_counter_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject} {self.used}"
