"""What a campaign is: drafted, published, switched."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyQuerySet, AppendOnlyRow
from campaigns.choices import CampaignKind, RunState
from campaigns.querysets import CampaignQuerySet
from publishing.models import Publishable


class Campaign(Publishable):
    """A bank's campaign, drafted. ``title`` is its name, its period when events count."""

    kind = models.CharField(_("kind of campaign"), max_length=20, choices=CampaignKind.choices)
    # What customers read.
    summary = models.CharField(_("in one sentence"), max_length=120, blank=True)
    rules_text = models.TextField(_("rules for customers"), max_length=2000, blank=True)
    button = models.CharField(_("word on the button"), max_length=12, blank=True)
    # Codes of EventKind that qualify.
    events = models.JSONField(_("qualifying events"), default=list)
    # [{"kind": ConditionKind, …}], all must hold; see ``campaigns.rules.conditions``.
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    # [{"kind": EffectKind, …}]; see ``campaigns.rules.effects``.
    effects = models.JSONField(_("rewards"), default=list)
    # [{"measure", "period", "per", "limit"}]; amounts in cents.
    limits = models.JSONField(_("limits"), default=list, blank=True)
    # What all rewards together may cost, in cents.
    budget_cents = models.PositiveBigIntegerField(_("budget"))
    # {"province": bp, "bank": bp, "merchant": bp, "merchant_name": ""}; together 10,000.
    bearers = models.JSONField(_("cost bearers"), default=dict)
    # The province campaign that it carries out: its uid, the version that was joined, and that
    # version's payload, against which the locks are checked.
    province_uid = models.UUIDField(null=True, blank=True, editable=False)
    province_version = models.PositiveIntegerField(null=True, editable=False)
    province_payload = models.JSONField(
        default=dict, blank=True, editable=False, encoder=DjangoJSONEncoder
    )

    objects = CampaignQuerySet.as_manager()

    class Meta(Publishable.Meta):
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-updated_at", "-id"]
        permissions = [
            ("pause_campaign", _("Can pause, resume and end campaigns")),
            ("stop_campaign", _("Can stop a campaign in an emergency")),
        ]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(budget_cents__gte=1),
                name="campaigns_campaign_has_budget",
                violation_error_message=_("A campaign has a budget above zero."),
            ),
            # One bank carries out a province campaign once.
            models.UniqueConstraint(
                fields=["province_uid"], name="campaigns_campaign_joined_once",
                violation_error_message=_("Your bank has joined this province campaign already."),
            ),
        ]  # fmt: skip

    def render_payload(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "kind": self.kind,
            "summary": self.summary,
            "rules": self.rules_text,
            "button": self.button,
            "events": self.events,
            "conditions": self.conditions,
            "effects": self.effects,
            "limits": self.limits,
            "budget_cents": self.budget_cents,
            "bearers": self.bearers,
            "province": (
                {"uid": str(self.province_uid), "version": self.province_version}
                if self.province_uid
                else None
            ),
        }


class TermsQuerySet(AppendOnlyQuerySet):
    pass


class CampaignTerms(AppendOnlyRow, models.Model):
    """The terms of one published version."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField(_("version"))
    # The payload of the publication, with its title, period, audience and branch.
    terms = models.JSONField(encoder=DjangoJSONEncoder)
    published_at = models.DateTimeField(_("published at"))

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name = _("terms of a campaign")
        verbose_name_plural = _("terms of campaigns")
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "version"], name="campaigns_terms_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} v{self.version}"


class CampaignAccount(models.Model):
    """What holds for a campaign now, and what of its budget is taken: the row on which
    participations are counted."""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.PROTECT, primary_key=True, related_name="account"
    )
    uid = models.UUIDField(unique=True)
    # Version of the terms for new events; null = not published, or withdrawn.
    live_version = models.PositiveIntegerField(null=True)
    # Of the live publication.
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    audience = models.JSONField(default=dict)
    branch_path = models.CharField(max_length=255, blank=True)
    province_uid = models.UUIDField(null=True)
    run_state = models.CharField(
        _("switched"), max_length=10, choices=RunState.choices, default=RunState.RUNNING
    )
    # When it was switched last, by whom and why.
    switched_at = models.DateTimeField(null=True)
    switched_by = models.CharField(max_length=150, blank=True)
    switch_reason = models.TextField(blank=True)
    budget_cents = models.PositiveBigIntegerField(_("budget"), default=0)
    # The sum of the ledger: what rewards cost at most that are given and not taken back.
    committed_cents = models.PositiveBigIntegerField(_("committed"), default=0)
    # Participations that count.
    counted = models.PositiveBigIntegerField(_("participations"), default=0)
    # The highest mark of the budget (80, 95, 100) that has been reached and told; 0 = none.
    mark = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = []
        constraints = [
            models.CheckConstraint(
                condition=Q(committed_cents__lte=F("budget_cents")),
                name="campaigns_account_within_budget",
                violation_error_message=_("More is committed than the budget allows."),
            ),
            models.CheckConstraint(
                condition=Q(run_state__in=RunState.values), name="campaigns_account_state_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class StepQuerySet(AppendOnlyQuerySet):
    pass


class CampaignStep(AppendOnlyRow, models.Model):
    """What was done with a running campaign: paused, resumed, stopped, a mark of its budget."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField(_("at"))
    # A value of RunState, or "mark_80", "mark_95", "mark_100".
    what = models.CharField(_("step"), max_length=12)
    reason = models.TextField(_("reason"), blank=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(_("by"), max_length=150, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a campaign")
        verbose_name_plural = _("steps of campaigns")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.what}"
