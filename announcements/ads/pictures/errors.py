from __future__ import annotations

from django.utils.functional import Promise

from announcements.errors import AnnouncementError, BadContent


class BadPicture(BadContent):
    """The file, or the part of it that was chosen, cannot be shown; nothing was stored."""

    code = "bad_picture"

    def __init__(self, message: str | Promise, *, code: str = "") -> None:
        super().__init__(message, field="picture", code=code)


class PictureTooLarge(BadPicture):
    code = "picture_too_large"
    http_status = 413


class UnknownPicture(AnnouncementError):
    code = "not_found"
    http_status = 404
