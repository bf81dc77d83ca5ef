"""The closed list of what the gateway refuses, which partners program against. A code is never used
again for another reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.errors import DomainError


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the error catalogue."""

    code: str
    status: int
    # Last part of the problem's type, and its anchor in the documentation.
    slug: str
    title: str | Promise
    # What the partner can do about it.
    remedy: str | Promise
    # Whether the same call may be sent again later, signed anew.
    retryable: bool = False


CATALOGUE: dict[str, Problem] = {}


def define(
    code: str, status: int, slug: str, title: str | Promise, remedy: str | Promise,
    *, retryable: bool = False,
) -> str:  # fmt: skip
    """Adds a line and returns its code; for the modules of the services too."""
    problem = Problem(code, status, slug, title, remedy, retryable)
    if CATALOGUE.setdefault(code, problem) != problem:
        raise ValueError(f"{code} is defined twice.")
    return code


class GatewayRefused(DomainError):
    """``errors`` point into the body: {"pointer": "/mode", "code": "enum"}; ``facts`` are members
    of the problem document."""

    def __init__(
        self,
        code: str,
        detail: str | Promise = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        billable: bool = False,
        **facts: Any,
    ) -> None:
        self.problem = CATALOGUE[code]
        super().__init__(detail or self.problem.remedy, code=code)
        self.http_status = self.problem.status  # type: ignore[misc]
        self.errors, self.headers, self.billable = errors, headers, billable
        self.facts = facts


class NotSigned(GatewayRefused):
    """The signature, or the key it names, does not hold: no one has been identified."""


REQ_MALFORMED = define(
    "GW.REQ.MALFORMED", 400, "malformed", _("The request cannot be read."),
    _("Send the body as the operation describes it, in UTF-8."),
)  # fmt: skip
REQ_SCHEMA = define(
    "GW.REQ.SCHEMA", 400, "schema", _("The body does not fit its schema."),
    _("Compare the members that are named with the operation's schema; unknown ones are refused."),
)  # fmt: skip
REQ_TOO_LARGE = define(
    "GW.REQ.TOO_LARGE", 413, "too-large", _("The body is too large."),
    _("Keep bodies below 1 MiB, or below what the operation says."),
)  # fmt: skip
REQ_MEDIA = define(
    "GW.REQ.MEDIA", 415, "media-type", _("The content type is not understood."),
    _("Send the content type that the operation names."),
)  # fmt: skip
REQ_METHOD = define(
    "GW.REQ.METHOD", 405, "method", _("This address does not understand the method."),
    _("Use the method that the operation names."),
)  # fmt: skip
SIG_MISSING = define(
    "GW.SIG.MISSING", 401, "signature-missing", _("The request is not signed."),
    _("Send Signature-Input and Signature as the signing guide describes."),
)  # fmt: skip
SIG_MALFORMED = define(
    "GW.SIG.MALFORMED", 400, "signature-malformed", _("The signature headers cannot be read."),
    _("Send exactly one signature, with the parameters of the signing guide and no others."),
)  # fmt: skip
SIG_COMPONENTS = define(
    "GW.SIG.COMPONENTS", 401, "signature-components", _("Not everything is signed."),
    _("Sign the components that the signing guide requires, in its order."),
)  # fmt: skip
SIG_INVALID = define(
    "GW.SIG.INVALID", 401, "signature-invalid", _("The signature does not verify."),
    _("Compare your signature base with the one that sandbox/signature:debug shows."),
)  # fmt: skip
SIG_DIGEST = define(
    "GW.SIG.DIGEST_MISMATCH", 401, "digest-mismatch", _("The digest is not the body's."),
    _("Digest the bytes that are sent, after everything that may change them."),
)  # fmt: skip
SIG_EXPIRED = define(
    "GW.SIG.EXPIRED", 401, "signature-expired", _("The signature is not valid at this time."),
    _("Set your clock by NTP; sign within 300 seconds, valid for 300 seconds at most."),
)  # fmt: skip
SIG_NONCE = define(
    "GW.SIG.NONCE_REPLAYED", 401, "nonce-replayed", _("This request has been received before."),
    _("Use a new random nonce for every request, and sign again when you send again."),
)  # fmt: skip
KEY_UNKNOWN = define(
    "GW.KEY.UNKNOWN", 401, "key-unknown", _("The key is not known."),
    _("Check the key id and the client id; make a new key in the bank's console."),
)  # fmt: skip
KEY_EXPIRED = define(
    "GW.KEY.EXPIRED", 401, "key-expired", _("The key has expired."),
    _("Make a new key in the bank's console."),
)  # fmt: skip
KEY_REVOKED = define(
    "GW.KEY.REVOKED", 401, "key-revoked", _("The key was revoked."),
    _("Make a new key in the bank's console."),
)  # fmt: skip
KEY_WRONG_ENV = define(
    "GW.KEY.WRONG_ENV", 401, "key-environment", _("The key belongs to another environment."),
    _("Use keys k_sbx_… on the sandbox's host and k_prd_… on the production host."),
)  # fmt: skip
IP_DENIED = define(
    "GW.IP.DENIED", 403, "address-denied", _("Calls from this address are not allowed."),
    _("Call from an address that the grant and the key list."),
)  # fmt: skip
SCOPE_DENIED = define(
    "GW.SCOPE.DENIED", 403, "scope-denied", _("The grant does not cover this."),
    _("Apply for the service and scope in the bank's console."),
)  # fmt: skip
GRANT_SUSPENDED = define(
    "GW.GRANT.SUSPENDED", 403, "grant-suspended", _("The grant is suspended."),
    _("The bank's console names the reason."),
)  # fmt: skip
GRANT_EXPIRED = define(
    "GW.GRANT.EXPIRED", 403, "grant-expired", _("The grant is not valid at this time."),
    _("Apply for an extension in the bank's console."),
)  # fmt: skip
GRANT_PENDING = define(
    "GW.GRANT.PENDING", 403, "grant-pending", _("Production is not open to this grant yet."),
    _("Pass the conformance suite in the sandbox and ask for production."),
)  # fmt: skip
LEVEL_INSUFFICIENT = define(
    "GW.LEVEL.INSUFFICIENT", 403, "level-insufficient",
    _("An A2 service in production needs an asymmetric key."),
    _("Upload a P-256, Ed25519 or SM2 public key in the bank's console."),
)  # fmt: skip
NOT_FOUND = define(
    "GW.RES.NOT_FOUND", 404, "not-found", _("There is nothing at this address."),
    _("Check the address and the id; what belongs to others is not found either."),
)  # fmt: skip
CONFLICT = define(
    "GW.STATE.CONFLICT", 409, "state-conflict", _("This is not possible in the present state."),
    _("Fetch the present state and go on from there."),
)  # fmt: skip
IDEM_MISSING = define(
    "GW.IDEM.MISSING", 400, "idempotency-key-missing", _("The Idempotency-Key is missing."),
    _("Send an Idempotency-Key of 1 to 100 printable ASCII characters and sign it."),
)  # fmt: skip
IDEM_IN_PROGRESS = define(
    "GW.IDEM.IN_PROGRESS", 409, "idempotency-in-progress",
    _("A call with this Idempotency-Key is still running."),
    _("Send the call again in a second, with the same key."), retryable=True,
)  # fmt: skip
IDEM_REUSED = define(
    "GW.IDEM.REUSED", 422, "idempotency-key-reused",
    _("This Idempotency-Key was used for another call."),
    _("Use a new key for a new call."),
)  # fmt: skip
SESSION_EXPIRED = define(
    "GW.SESSION.EXPIRED", 410, "session-expired", _("The session has ended."),
    _("Begin a new session."),
)  # fmt: skip
TICKET_EXPIRED = define(
    "GW.TICKET.EXPIRED", 410, "ticket-expired", _("The ticket cannot be exchanged (any more)."),
    _("Ask the app for a new ticket; it is valid for 60 seconds, once."),
)  # fmt: skip
QUOTA = define(
    "GW.LIMIT.QUOTA", 429, "quota-exceeded", _("A limit of the plan is reached."),
    _("Wait for as long as Retry-After says."), retryable=True,
)  # fmt: skip
ABUSE = define(
    "GW.LIMIT.ABUSE", 429, "abnormal-usage-detected", _("Too many refused calls."),
    _("Mend what is refused before you go on."), retryable=True,
)  # fmt: skip
UNAVAILABLE = define(
    "GW.DEP.UNAVAILABLE", 503, "temporary-reduced-capacity", _("The gateway cannot answer now."),
    _("Send the call again later, signed anew."), retryable=True,
)  # fmt: skip
SERVER_ERROR = define(
    "GW.SERVER.ERROR", 500, "server-error", _("Something went wrong on our side."),
    _("Send the request id to the platform."), retryable=True,
)  # fmt: skip
