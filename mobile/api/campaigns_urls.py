from __future__ import annotations

from django.urls import path

from mobile.api import campaigns, campaigns_verbs, events

PREFIX = "api/channel/v1/"
urlpatterns = [
    path(f"{PREFIX}campaigns", campaigns.CampaignListView.as_view(), name="channel-campaigns"),
    path(f"{PREFIX}campaigns/<uid>", campaigns.CampaignView.as_view(), name="channel-campaign"),
    path(
        f"{PREFIX}campaigns/<uid>/participations",
        campaigns_verbs.join,
        name="channel-campaign-participations",
    ),
    path(f"{PREFIX}events", events.events, name="channel-events"),
]
