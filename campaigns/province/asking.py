"""Asks banks for their figures before the clock does."""

from __future__ import annotations

from tenants.tasks_api import enqueue_on_commit

ROLL_UP_CAMPAIGN = "campaigns.province.tasks.roll_up_campaign"


def ask_banks(campaign_id: int) -> None:
    """Each by a task of its own; safe to call as often as anybody likes."""
    enqueue_on_commit(ROLL_UP_CAMPAIGN, campaign_id)
