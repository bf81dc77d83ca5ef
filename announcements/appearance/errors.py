from __future__ import annotations

from announcements.errors import AnnouncementError


class BadSetting(AnnouncementError):
    """A value of the appearance or of a placement that cannot hold."""

    code = "bad_setting"
    http_status = 400


class UnreadableColour(BadSetting):
    code = "unreadable_colour"
