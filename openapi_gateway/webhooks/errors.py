from __future__ import annotations

from audit.errors import DomainError


class WebhookRefused(DomainError):
    code = "webhook_refused"


class AddressRefused(WebhookRefused):
    """The address is no place that the platform may be made to call."""

    code = "address_refused"
