"""One bank's figures of the province's campaigns, written to public by the bank's own task."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django_tenants.utils import tenant_context

from audit.context import current_schema
from campaigns.choices import ParticipationState
from campaigns.designing.content import content_of
from campaigns.figures.tying import tie_out
from campaigns.models import Campaign, CampaignAccount, DayFigure, DayTie, Participation
from campaigns.province.choices import JoinState
from campaigns.province.models import BankDay, BankFigures, Joining
from campaigns.province.proposing import drift
from campaigns.province.telling import tell_bank
from publishing import registry
from publishing.stages import with_stage
from tenants.platform import PLATFORM

_COUNTED = ("visits", "reversals", "redemptions")
_TIED = (
    "participations", "refusals", "claims", "redeemed_cents", "province_cents", "bank_cents",
    "merchant_cents",
)  # fmt: skip
_DAY = ("visits", "participations", "claims", "redemptions", "committed_cents", "redeemed_cents")
TRIES = 3


def roll_up_bank(at: datetime) -> int:
    """For the current bank; says how many campaigns were looked at. What a lost message left
    undone of a wave's switch is done first."""
    tell_bank(None, at)
    joinings = _joinings()
    campaigns = _campaigns(list(joinings), at)
    for uid, joining in joinings.items():
        campaign = campaigns.get(uid)
        if campaign is not None:
            _roll_up(joining, campaign, at)
        elif joining.state == JoinState.JOINED:
            _left(joining)
    return len(campaigns)


def _joinings() -> dict[Any, Joining]:
    schema = current_schema()
    with tenant_context(PLATFORM):
        rows = Joining.objects.filter(bank__schema_name=schema).select_related("campaign")
        return {row.campaign.uid: row for row in rows.order_by("pk")}


def _campaigns(uids: list[Any], at: datetime) -> dict[Any, Any]:
    rows = Campaign.objects.filter(province_uid__in=uids)
    staged = with_stage(rows, registry.get("campaign"), at).select_related("branch")
    return {row.province_uid: row for row in staged.order_by("pk")}


@transaction.atomic
def _roll_up(joining: Joining, campaign: Any, at: datetime) -> None:
    """Figures and books of one moment: under the lock that every change of them takes."""
    content = content_of(campaign)
    columns: dict[str, Any] = {"stage": campaign.stage, "budget_cents": campaign.budget_cents}
    days: list[dict[str, Any]] = []
    account = CampaignAccount.objects.filter(campaign=campaign.pk).first()
    if account is not None:
        figures, days = _figures_and_days(campaign.pk, at)
        columns |= figures
    with tenant_context(PLATFORM):
        Joining.objects.filter(pk=joining.pk).update(
            state=JoinState.JOINED, campaign_uid=campaign.uid, version=campaign.province_version,
            drift=drift(content, campaign.province_payload),
        )  # fmt: skip
        _write(BankFigures, ["joining"], [BankFigures(joining=joining, seen_at=at, **columns)])
        _write(BankDay, ["joining", "day"], [BankDay(joining=joining, **day) for day in days])


def _figures_and_days(
    campaign_id: int, at: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A redemption takes no lock of the campaign: one between the two looks is seen by one only."""
    for _try in range(TRIES):
        figures, days = _figures(campaign_id, at), _days(campaign_id)
        if figures["redeemed_cents"] == sum(day["redeemed_cents"] for day in days):
            break
    return figures, days


def _figures(campaign_id: int, at: datetime) -> dict[str, Any]:
    tie = _tie(campaign_id, at)
    account = CampaignAccount.objects.get(campaign=campaign_id)
    counted = Participation.objects.filter(
        campaign=campaign_id, state=ParticipationState.COUNTED
    ).aggregate(customers=Count("customer_number", distinct=True))
    figures = DayFigure.objects.filter(campaign=campaign_id).aggregate(
        **{name: Sum(name, default=0) for name in _COUNTED}
    )
    return {
        **figures,
        **{name: tie.sums[f"figures_{name}"] for name in _TIED},
        "run_state": account.run_state if account.live_version is not None else "",
        "budget_cents": account.budget_cents,
        "committed_cents": tie.sums["committed"],
        "ledger_cents": tie.sums["ledger"],
        "days_cents": tie.sums["figures_committed_cents"],
        "coupons_cents": tie.sums["coupons_spent"],
        "customers": counted["customers"],
        "is_even": tie.is_even,
        "breaks": tie.breaks,
    }


def _tie(campaign_id: int, at: datetime) -> DayTie:
    """A redemption that commits between two looks seems a difference; a real one stays."""
    for _try in range(TRIES):
        tie = tie_out(campaign_id, at)
        if tie.is_even:
            break
    return tie


def _days(campaign_id: int) -> list[dict[str, Any]]:
    rows: Any = DayFigure.objects.filter(campaign=campaign_id).order_by("day").values("day")
    summed = rows.annotate(**{f"sum_{name}": Sum(name) for name in _DAY})
    return [{"day": row["day"], **{name: row[f"sum_{name}"] for name in _DAY}} for row in summed]


def _write(model: Any, unique: list[str], rows: list[Any]) -> None:
    if not rows:
        return
    names = [field.name for field in model._meta.fields if not field.primary_key]
    model.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=unique,
        update_fields=[name for name in names if name not in unique],
    )  # fmt: skip


def _left(joining: Joining) -> None:
    """The bank has deleted its draft, which was never published: it may join anew."""
    with tenant_context(PLATFORM):
        BankDay.objects.filter(joining=joining).delete()
        BankFigures.objects.filter(joining=joining).delete()
        Joining.objects.filter(pk=joining.pk, state=JoinState.JOINED).update(
            state=JoinState.WAITING, campaign_uid=None, version=None, drift=[],
        )  # fmt: skip
