from __future__ import annotations

from announcements.errors import AnnouncementError


class UnknownAd(AnnouncementError):
    code = "not_found"
    http_status = 404


class SlotTaken(AnnouncementError):
    """Another ad keeps the same fixed slot at the same time, for some of the same customers."""

    code = "slot_taken"


class BadOrder(AnnouncementError):
    code = "bad_order"
    http_status = 400
