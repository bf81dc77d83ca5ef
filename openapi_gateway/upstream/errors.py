"""What goes wrong beyond our walls, as partners are told of it: neither who failed nor how."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.errors import DomainError
from openapi_gateway.errors import GatewayRefused, define

BAD_RESPONSE = define(
    "UP.BAD_RESPONSE", 502, "upstream-bad-response", _("A system behind the gateway failed."),
    _("Nothing was decided. Send the call again later; if it lasts, tell the platform."),
    retryable=True,
)  # fmt: skip
TIMEOUT = define(
    "UP.TIMEOUT", 504, "upstream-timeout", _("A system behind the gateway took too long."),
    _("Nothing was decided. Fetch the present state, and send the call again if need be."),
    retryable=True,
)  # fmt: skip
UNREACHABLE = define(
    "UP.UNREACHABLE", 502, "upstream-unreachable",
    _("A system behind the gateway cannot be reached."),
    _("Nothing was decided. Send the call again later."), retryable=True,
)  # fmt: skip
CIRCUIT_OPEN = define(
    "UP.CIRCUIT_OPEN", 503, "upstream-circuit-open",
    _("A system behind the gateway has failed repeatedly and is being left alone."),
    _("Send the call again after as long as Retry-After says."), retryable=True,
)  # fmt: skip
UNAVAILABLE = define(
    "UP.UNAVAILABLE", 503, "upstream-unavailable",
    _("No system behind the gateway can take this call now."),
    _("Send the call again later; if it lasts, tell the platform."), retryable=True,
)  # fmt: skip
REFUSED = define(
    "UP.REFUSED", 502, "upstream-refused", _("A system behind the gateway refused the call."),
    _("Send the request id to the platform."),
)  # fmt: skip
CUSTOMER_UNKNOWN = define(
    "CORE.CUSTOMER_UNKNOWN", 422, "customer-unknown", _("The bank does not know the customer."),
    _("The customer has left the bank, or the consent names somebody else."),
)  # fmt: skip
ACCOUNT_UNKNOWN = define(
    "CORE.ACCOUNT_UNKNOWN", 422, "account-unknown", _("The bank does not know the account."),
    _("Check the account reference."),
)  # fmt: skip
PIN_BLOCK_REFUSED = define(
    "CORE.PIN_BLOCK_REFUSED", 422, "pin-block-refused", _("The bank could not open the PIN block."),
    _("Check that the account reference is the one that the keyboard session was begun for."),
)  # fmt: skip


class UpstreamFailed(GatewayRefused):
    """``was_sent``: the vendor may have acted on it, so that nobody else may be asked instead.
    ``is_fault``: speaks against the vendor's health."""

    def __init__(
        self, code: str, *, was_sent: bool = False, is_fault: bool = True, retry_after: float = 0
    ) -> None:
        headers = {"Retry-After": str(max(1, round(retry_after)))} if retry_after else {}
        super().__init__(code, headers=headers)
        self.was_sent, self.is_fault = was_sent, is_fault


class VendorRefusal(Exception):
    """The vendor understood and said no, with a code of its own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ForgedCallback(DomainError):
    code = "forged_callback"
    http_status = 401


class BadVendor(DomainError):
    code = "gateway_upstream.bad_vendor"
    http_status = 400
