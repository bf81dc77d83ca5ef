from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

CREATED = "campaigns.campaign_created"
EDITED = "campaigns.campaign_edited"
COPIED = "campaigns.campaign_copied"
DELETED = "campaigns.campaign_deleted"
SWITCHED = "campaigns.campaign_switched"
EVENTS_TAKEN = "campaigns.events_taken"
JOINED = "campaigns.customer_joined"
EFFECTS_APPLIED = "campaigns.rewards_applied"
MARK_REACHED = "campaigns.budget_mark_reached"
FILE_TAKEN = "campaigns.event_file_taken"
FIGURES_EXPORTED = "campaigns.figures_exported"
PARTICIPATIONS_EXPORTED = "campaigns.participations_exported"


def register() -> None:
    for name, label in (
        (CREATED, _("campaign created")),
        (EDITED, _("campaign edited")),
        (COPIED, _("campaign copied")),
        (DELETED, _("draft of a campaign deleted")),
        (SWITCHED, _("campaign paused, resumed, stopped or ended")),
        (EVENTS_TAKEN, _("qualifying events taken")),
        (JOINED, _("customer joined a campaign")),
        (EFFECTS_APPLIED, _("rewards of campaigns applied")),
        (MARK_REACHED, _("mark of a campaign's budget reached")),
        (FILE_TAKEN, _("file of qualifying events taken")),
        (FIGURES_EXPORTED, _("figures of a campaign exported")),
        (PARTICIPATIONS_EXPORTED, _("participations exported")),
    ):
        events.register(name, label)
