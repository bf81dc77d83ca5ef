"""What customers read of campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from campaigns import services
from campaigns.errors import UnknownCampaign
from mobile.api import campaigns_serializers as forms
from mobile.api.home import ENCODER, conditional
from mobile.api.schema import answers
from mobile.api.views import ChannelView
from mobile.feed.campaigns import campaign_of, live_campaigns
from mobile.taking_part import account_of, mine_of, page_document

if TYPE_CHECKING:
    from campaigns.models import CampaignAccount
    from mobile.feed.items import Item

UID = OpenApiParameter("uid", OpenApiTypes.UUID, OpenApiParameter.PATH)


class CampaignListView(ChannelView):
    @extend_schema(operation_id="listCampaigns", responses=answers(forms.CampaignList))
    def get(self, request: Request) -> HttpResponse:
        """All campaigns that are live for this caller and have not been stopped."""
        found = live_campaigns(self.feed, self.person, self.at)
        document = {
            "edition": self.feed.digest,
            "campaigns": [item.summary for item in found],
        }
        return conditional(request._request, ENCODER.encode(document))


class CampaignView(ChannelView):
    @extend_schema(
        operation_id="getCampaign", parameters=[UID], responses=answers(forms.CampaignPage, 404)
    )
    def get(self, request: Request, uid: str) -> HttpResponse:
        """A campaign's page: its rules, what is left of it, and what this customer has had of it.
        Each call counts as a visit."""
        item, account = self._found(uid)
        services.count_visit(
            campaign_id=account.campaign_id,
            branch_path=self.person.facts.branch_path,
            at=self.at,
        )
        mine = mine_of(account.campaign_id, self.caller.customer_number, self.at)
        document = page_document(item.summary, item.payload, account, mine)
        return HttpResponse(
            ENCODER.encode(document),
            content_type="application/json",
            headers={"Cache-Control": "private, no-store"},
        )

    def _found(self, uid: str) -> tuple[Item, CampaignAccount]:
        item = campaign_of(self.feed, self.person, self.at, uid)
        account = account_of(uid) if item is not None else None
        if item is None or account is None:
            raise UnknownCampaign(_("There is no such campaign, or it is not live."))
        return item, account
