from __future__ import annotations

from campaigns.models.designs import Campaign, CampaignAccount, CampaignStep, CampaignTerms
from campaigns.models.figures import DayFigure, DayTie
from campaigns.models.ledger import BudgetEntry, LimitCounter
from campaigns.models.participation import Effect, Event, Participation

__all__ = [
    "BudgetEntry", "Campaign", "CampaignAccount", "CampaignStep", "CampaignTerms", "DayFigure",
    "DayTie", "Effect", "Event", "LimitCounter", "Participation",
]  # fmt: skip
