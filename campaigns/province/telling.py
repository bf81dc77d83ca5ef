"""Carries a wave's switch into one bank; run there. Every step may be done again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.context import current_schema
from campaigns.choices import RunState
from campaigns.models import Campaign, CampaignAccount
from campaigns.province.choices import Told, WaveState
from campaigns.province.models import Joining
from campaigns.running.wave_calls import let_go, pull_back
from tenants.platform import PLATFORM


def tell_bank(wave_id: int | None, at: datetime) -> int:
    """The switches of this wave (None = of all) that this bank has not carried out yet."""
    schema = current_schema()
    with tenant_context(PLATFORM):
        rows = Joining.objects.filter(bank__schema_name=schema, wave__switched_at__isnull=False)
        waiting = rows.filter(told_at=None) if wave_id is None else rows.filter(wave=wave_id)
        joinings = list(waiting.select_related("campaign", "wave").order_by("pk"))
    for joining in joinings:
        carry_out(joining, at)
    return len(joinings)


@transaction.atomic
def carry_out(joining: Joining, at: datetime) -> Told:
    """Of the wave as it stands now, whatever it was when somebody asked."""
    account = _locked_account(joining)
    wave = _wave_now(joining)
    told = Told.NOTHING
    if account is not None:
        told = (
            _pull(account, wave, at)
            if wave.state == WaveState.PULLED
            else _let_go(account, wave, at)
        )
    with tenant_context(PLATFORM):
        Joining.objects.filter(pk=joining.pk, wave__switched_at=wave.switched_at).update(
            told_at=at, told=told
        )
    return told


def _locked_account(joining: Joining) -> CampaignAccount | None:
    """Before the joining's row, as an approval in the bank does."""
    accounts = CampaignAccount.objects.select_for_update(no_key=True, of=("self",))
    found = accounts.filter(province_uid=joining.campaign.uid).first()
    return found if found is not None and found.live_version is not None else None


def _wave_now(joining: Joining) -> Any:
    with tenant_context(PLATFORM):
        locked = Joining.objects.select_for_update(no_key=True).get(pk=joining.pk)
        return type(joining.wave).objects.get(pk=locked.wave_id)


def _pull(account: CampaignAccount, wave: Any, at: datetime) -> Told:
    campaign = Campaign.objects.select_related("branch").get(pk=account.pk)
    after = pull_back(campaign, wave.reason, at, by=_by(wave.pulled_by))
    return Told.PULLED if after.run_state == RunState.PULLED else Told.KEPT


def _let_go(account: CampaignAccount, wave: Any, at: datetime) -> Told:
    campaign = Campaign.objects.select_related("branch").get(pk=account.pk)
    after = let_go(campaign, wave.reason, at, by=_by(""))
    return Told.LET_GO if after.run_state == RunState.PAUSED else Told.KEPT


def _by(name: str) -> str:
    return (_("the province (%(name)s)") % {"name": name} if name else str(_("the province")))[:150]
