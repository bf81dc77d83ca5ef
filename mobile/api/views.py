from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from announcements.errors import UnknownAnnouncement
from announcements.services import record_read
from customers.errors import CustomersOnly
from mobile.api.home import ENCODER, conditional
from mobile.api.schema import answers
from mobile.api.serializers import AnnouncementDetail, AnnouncementList, Receipt
from mobile.editions import current_feed
from mobile.errors import TooLarge
from mobile.feed.announcements import detail_for, live_announcements, summary_for
from mobile.viewers import sight_of

if TYPE_CHECKING:
    from datetime import datetime

    from customers.tokens import Caller
    from mobile.feed.feeds import Feed
    from mobile.feed.items import Item
    from mobile.feed.people import Person

MAX_BODY_BYTES = 16_384


class ChannelView(APIView):
    """A view of one bank's channel for one caller, at one moment."""

    at: datetime
    caller: Caller
    feed: Feed
    person: Person

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
            raise TooLarge(_("The request is too large."))
        super().initial(request, *args, **kwargs)
        bank = request._request.tenant  # type: ignore[attr-defined]
        self.at = timezone.now()
        self.feed = current_feed(bank)
        self.caller = cast("Caller", request.user)
        moment = self.feed.moment(self.at)
        self.person = sight_of(self.caller, bank.schema_name, self.feed, moment).person

    def live_announcement(self, uid: UUID) -> Item:
        for item in live_announcements(self.feed, self.person, self.at):
            if item.id == str(uid):
                return item
        raise UnknownAnnouncement(_("There is no such announcement, or it is not live."))


class AnnouncementListView(ChannelView):
    @extend_schema(operation_id="listAnnouncements", responses=answers(AnnouncementList))
    def get(self, request: Request) -> HttpResponse:
        """All announcements that are live for this caller, pinned ones first."""
        items = live_announcements(self.feed, self.person, self.at)
        document = {
            "edition": self.feed.digest,
            "announcements": [summary_for(item, self.person) for item in items],
        }
        return conditional(request._request, ENCODER.encode(document))


class AnnouncementDetailView(ChannelView):
    @extend_schema(operation_id="getAnnouncement", responses=answers(AnnouncementDetail, 404))
    def get(self, request: Request, uid: UUID) -> HttpResponse:
        """One announcement with its text."""
        document = detail_for(self.live_announcement(uid), self.person)
        return conditional(request._request, ENCODER.encode(document))


class AnnouncementReadView(ChannelView):
    @extend_schema(
        operation_id="confirmReading", request=None, responses=answers(Receipt, 404, 409)
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        """Confirms that the customer has read it, if it must be read. Repeating changes nothing."""
        if not self.caller.is_customer:
            raise CustomersOnly(_("Only a signed-in customer confirms a reading."))
        item = self.live_announcement(uid)
        read_at = record_read(
            announcement_uid=uid,
            must_read=item.must_read,
            version=item.version,
            customer_number=self.caller.customer_number,
            at=self.at,
        )
        body = ENCODER.encode({"id": str(uid), "read": True, "read_at": read_at})
        return HttpResponse(body, content_type="application/json")
