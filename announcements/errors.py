from __future__ import annotations

from django.utils.functional import Promise

from audit.errors import DomainError


class AnnouncementError(DomainError):
    code = "announcement_refused"


class BadContent(AnnouncementError):
    """What was written cannot be shown to customers; ``field`` says where the form shows it."""

    code = "bad_content"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str, code: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field


class StillNeeded(AnnouncementError):
    """Deleting would lose something: a publication, or what a checker is looking at."""

    code = "still_needed"


class NotMustRead(AnnouncementError):
    code = "not_must_read"


class UnknownAnnouncement(AnnouncementError):
    code = "not_found"
    http_status = 404
