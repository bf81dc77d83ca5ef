from __future__ import annotations

from audit.errors import DomainError


class GrantRefused(DomainError):
    code = "gateway.grant_refused"


class UnknownGrant(DomainError):
    """There is none, or it is another bank's."""

    code = "gateway.unknown_grant"
    http_status = 404
