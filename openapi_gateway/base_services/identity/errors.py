"""Refusals of the identity service: of its signed operations by code, of the app's two calls in the
channel API as other rooms refuse."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.errors import DomainError
from openapi_gateway.errors import define

VERIFIER = define(
    "IDN.VERIFIER", 422, "code-verifier", _("The code verifier is not the ticket's."),
    _("Send the verifier whose S256 challenge the app gave when it asked for the ticket."),
)  # fmt: skip
TOKEN_INVALID = define(
    "IDN.TOKEN_INVALID", 401, "token-invalid", _("The access token is not valid (any more)."),
    _("Exchange a new ticket; a token serves the client alone to which it was issued."),
)  # fmt: skip
CONSENT_MISSING = define(
    "IDN.CONSENT", 403, "consent-missing", _("The customer's consent does not hold any more."),
    _("Let the customer consent again in the bank's app and exchange a new ticket."),
)  # fmt: skip
NO_SESSION = define(
    "IDN.NO_SESSION", 409, "no-session", _("The person has no session with you now."),
    _("Exchange a new ticket first; step-up raises the certainty of a session."),
)  # fmt: skip
ACR_REACHED = define(
    "IDN.ACR_REACHED", 409, "acr-reached", _("The session has this certainty already."),
    _("Introspect the token: it tells acr."),
)  # fmt: skip
CALLBACK = define(
    "IDN.CALLBACK", 422, "callback-unknown", _("The grant does not list this callback address."),
    _("Use an address that the grant lists for this environment, or leave it out."),
)  # fmt: skip


class UnknownPartner(DomainError):
    """Not a client of this bank, closed, or without a grant that is valid where it is asked for."""

    code = "unknown_partner"
    http_status = 404


class BadTicketRequest(DomainError):
    code = "bad_request"
    http_status = 400


class ScopeNotGranted(DomainError):
    code = "scope_not_granted"
    http_status = 403


class ConsentNeeded(DomainError):
    code = "consent_needed"
    http_status = 403


class TooManyTickets(DomainError):
    code = "too_many_tickets"
    http_status = 429
