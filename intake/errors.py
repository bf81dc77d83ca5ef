from __future__ import annotations

from audit.errors import DomainError


class FileRefused(DomainError):
    """The file as a whole cannot be read; nothing of it has landed."""

    code = "file_refused"
    http_status = 400


class BadValue(DomainError):
    """A cell that does not say what its column is for."""

    code = "bad_value"
    http_status = 400
