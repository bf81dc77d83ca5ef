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


class FileGone(DomainError):
    """It was removed, or its time is over."""

    code = "file_gone"
    http_status = 404


class JobRefused(DomainError):
    """A step that this job cannot take now."""

    code = "job_refused"


class JobStopped(Exception):
    """The job was cancelled, or another worker runs it: what this one does counts no more."""
