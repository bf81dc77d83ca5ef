from __future__ import annotations

from audit.errors import DomainError


class ApprovalError(DomainError):
    code = "approval_refused"


class RequestNotFound(ApprovalError):
    code = "request_not_found"
    http_status = 404


class OwnChange(ApprovalError):
    """The checker is the maker, or had a hand in the change."""

    code = "own_change"
    http_status = 403


class NotTheMaker(ApprovalError):
    code = "not_the_maker"
    http_status = 403


class AlreadyDecided(ApprovalError):
    code = "already_decided"


class AlreadyInReview(ApprovalError):
    code = "already_in_review"


class Stale(ApprovalError):
    """What the request would replace is no longer what is in force."""

    code = "stale"


class NotStale(ApprovalError):
    code = "not_stale"


class Expired(ApprovalError):
    code = "expired"


class CommentRequired(ApprovalError):
    code = "comment_required"
    http_status = 400


class NotConfirmed(ApprovalError):
    """The checker has not said yes to what this change asks of its checkers."""

    code = "not_confirmed"
    http_status = 400
