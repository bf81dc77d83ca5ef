"""What the province does to a bank's campaign that carries out one of its own; run in the bank."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns.choices import RunState
from campaigns.models import Campaign, CampaignAccount
from campaigns.running.switches import FROM, account_of, reason_of, switch


@transaction.atomic
def pull_back(campaign: Campaign, reason: str, at: datetime, by: str = "") -> CampaignAccount:
    """With a wave. Safe to call again; one that was stopped or ended by its bank stays so, and
    nothing happens to one that was never published or was taken down."""
    account = account_of(campaign)
    if account.run_state not in FROM[RunState.PULLED] or account.live_version is None:
        return account
    return switch(
        campaign=campaign, to=RunState.PULLED, allowed=FROM[RunState.PULLED],
        reason=reason_of(reason), actor=None, actor_name=by, at=at,
    )  # fmt: skip


@transaction.atomic
def let_go(campaign: Campaign, reason: str, at: datetime, by: str = "") -> CampaignAccount:
    """The wave is open again: what was pulled back waits, paused, for its bank to resume it."""
    account = account_of(campaign)
    if account.run_state != RunState.PULLED:
        return account
    return switch(
        campaign=campaign, to=RunState.PAUSED, allowed=(RunState.PULLED,),
        reason=reason_of(reason), actor=None, actor_name=by, at=at,
    )  # fmt: skip
