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


class ConsentRefused(DomainError):
    """A consent that cannot be given like this."""

    code = "bad_consent"
    http_status = 400


class UnknownConsent(DomainError):
    code = "unknown_consent"
    http_status = 404


class RequestKeyRequired(DomainError):
    code = "idempotency_key_required"
    http_status = 400


class RequestKeyReused(DomainError):
    """The idempotency key was used with another payload."""

    code = "idempotency_key_reused"
    http_status = 422
