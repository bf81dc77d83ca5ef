"""Whether a campaign's books say the same: account, ledger, participations, rewards, coupons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.choices import EffectState, ParticipationState
from campaigns.models import (
    BudgetEntry,
    CampaignAccount,
    DayFigure,
    DayTie,
    Effect,
    Participation,
)
from coupons.models import Coupon, LedgerEntry
from coupons.wording import yuan

# Rewards whose cost the budget bears.
BORNE = (EffectState.PENDING, EffectState.APPLIED, EffectState.RETURNING, EffectState.KEPT)
GIVEN = (EffectState.APPLIED, EffectState.RETURNING, EffectState.KEPT)


@transaction.atomic
def tie_out(campaign_id: int, at: datetime | None = None) -> DayTie:
    """Compares, to the cent, under the account's lock; stores and gives the result."""
    account = CampaignAccount.objects.select_for_update(no_key=True).get(campaign=campaign_id)
    sums = sums_of(campaign_id, account)
    breaks = _breaks(sums)
    tie, _created = DayTie.objects.update_or_create(
        campaign_id=campaign_id,
        defaults={
            "at": at or timezone.now(), "is_even": not breaks, "sums": sums, "breaks": breaks,
        },
    )  # fmt: skip
    return tie


def sums_of(campaign_id: int, account: CampaignAccount) -> dict[str, int]:
    effects = Effect.objects.filter(campaign=campaign_id)
    counted = Q(state=ParticipationState.COUNTED)
    parts = Participation.objects.filter(campaign=campaign_id).aggregate(
        counted=Count("id", filter=counted), refused=Count("id", filter=Q(state="refused"))
    )
    figures = DayFigure.objects.filter(campaign=campaign_id).aggregate(
        **{name: Sum(name, default=0) for name in _FIGURES}
    )
    given = effects.filter(coupon_id__isnull=False)
    ledger = LedgerEntry.objects.filter(coupon_id__in=given.values("coupon_id")).aggregate(
        spent=Sum("spent_cents", default=0)
    )
    held = given.filter(state__in=GIVEN)
    faces = Coupon.objects.filter(pk__in=held.values("coupon_id"))
    return {
        "committed": account.committed_cents,
        "counted": account.counted,
        "ledger": _sum(BudgetEntry.objects.filter(campaign=campaign_id), "cents"),
        "rewards": _sum(effects.filter(state__in=BORNE), "cost_cents"),
        "coupons_given": held.count(),
        "coupons_cost": _sum(held, "cost_cents"),
        "coupons_face": _sum(faces, "face_cents"),
        "coupons_spent": ledger["spent"],
        "participations": parts["counted"],
        "refusals": parts["refused"],
        **{f"figures_{name}": number for name, number in figures.items()},
    }


_FIGURES = (
    "participations", "refusals", "claims", "committed_cents", "redeemed_cents", "province_cents",
    "bank_cents", "merchant_cents",
)  # fmt: skip


def _sum(rows: object, column: str) -> int:
    return rows.aggregate(found=Sum(column, default=0))["found"]  # type: ignore[attr-defined,no-any-return]


def _breaks(sums: Mapping[str, int]) -> list[str]:
    shares = (
        sums["figures_province_cents"] + sums["figures_bank_cents"]
        + sums["figures_merchant_cents"]
    )  # fmt: skip
    amounts = (
        (_("The account and the ledger of the budget differ"), sums["committed"], sums["ledger"]),
        (_("The ledger and the rewards differ"), sums["ledger"], sums["rewards"]),
        (_("The figures by day and the ledger differ"), sums["figures_committed_cents"],
         sums["ledger"]),
        (_("The rewards and the coupons that were given differ"), sums["coupons_cost"],
         sums["coupons_face"]),
        (_("The figures by day and the coupons' ledger differ"), sums["figures_redeemed_cents"],
         sums["coupons_spent"]),
        (_("The bearers' shares and what was redeemed differ"), shares,
         sums["figures_redeemed_cents"]),
    )  # fmt: skip
    counts = (
        (_("The account and the participations differ"), sums["counted"], sums["participations"]),
        (_("The figures by day and the participations differ"), sums["figures_participations"],
         sums["participations"]),
        (_("The figures by day and the coupons that were given differ"), sums["figures_claims"],
         sums["coupons_given"]),
    )  # fmt: skip
    money = [
        _("%(what)s: %(one)s and %(other)s yuan.")
        % {"what": what, "one": _yuan(a), "other": _yuan(b)}
        for what, a, b in amounts
        if a != b
    ]
    return money + [
        _("%(what)s: %(one)s and %(other)s.") % {"what": what, "one": a, "other": b}
        for what, a, b in counts
        if a != b
    ]


def _yuan(cents: int) -> str:
    return f"-{yuan(-cents)}" if cents < 0 else yuan(cents)
