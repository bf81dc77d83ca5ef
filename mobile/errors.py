from __future__ import annotations

from audit.errors import DomainError


class BadQuery(DomainError):
    code = "bad_query"
    http_status = 400


class BadBody(DomainError):
    code = "bad_body"
    http_status = 400


class PreviewOnly(DomainError):
    """Another moment than now is shown to preview tokens alone."""

    code = "preview_only"
    http_status = 403


class NotOffered(DomainError):
    """There is such a thing, but this bank does not let customers choose it (now)."""

    code = "not_offered"
    http_status = 409


class TooLarge(DomainError):
    code = "too_large"
    http_status = 413
