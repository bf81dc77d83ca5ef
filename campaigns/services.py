"""The verbs of campaigns' events and rewards. Designing and switching stand in their packages."""

from __future__ import annotations

from campaigns.effects.applying import apply_due
from campaigns.effects.joining import Joined, join_campaign
from campaigns.figures.counting import count_visit
from campaigns.figures.tying import tie_out
from campaigns.taking.given import GivenEvent, Source, Taken
from campaigns.taking.services import take_events
from campaigns.taking.trying import Trial, Tried, dry_run

__all__ = [
    "GivenEvent", "Joined", "Source", "Taken", "Trial", "Tried", "apply_due", "count_visit",
    "dry_run", "join_campaign", "take_events", "tie_out",
]  # fmt: skip
