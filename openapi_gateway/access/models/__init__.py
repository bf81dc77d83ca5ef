from __future__ import annotations

from openapi_gateway.access.models.applications import (
    Application,
    ApplicationEvent,
    Attachment,
    RequestedService,
    ReviewDecision,
)
from openapi_gateway.access.models.catalogue import (
    Acknowledgement,
    Plan,
    Scope,
    Service,
    ServiceVersion,
)
from openapi_gateway.access.models.grants import Grant, GrantedService, GrantEvent

__all__ = [
    "Acknowledgement",
    "Application",
    "ApplicationEvent",
    "Attachment",
    "Grant",
    "GrantEvent",
    "GrantedService",
    "Plan",
    "RequestedService",
    "ReviewDecision",
    "Scope",
    "Service",
    "ServiceVersion",
]
