from __future__ import annotations

from audit.errors import DomainError


class TokenRefused(DomainError):
    """Nobody is known by this token. Answered with 401 and ``WWW-Authenticate``."""

    code = "bad_token"
    http_status = 401


class WrongBank(DomainError):
    """A valid token, issued for another bank than the one whose host was called."""

    code = "wrong_bank"
    http_status = 403


class CustomersOnly(DomainError):
    code = "customers_only"
    http_status = 403


class UnknownCustomer(DomainError):
    code = "unknown_customer"
    http_status = 404


class BadAudience(DomainError):
    """An audience rule that says nothing clear."""

    code = "bad_audience"
    http_status = 400


class BadTag(DomainError):
    code = "bad_tag"
    http_status = 400


class TrialListRefused(DomainError):
    code = "trial_list_refused"
    http_status = 400
