"""Every operation of the gateway."""

from __future__ import annotations

from openapi_gateway.base_services import platform_keys
from openapi_gateway.base_services.account import operations as account
from openapi_gateway.base_services.debugging import operations as debugging
from openapi_gateway.base_services.identity import operations as identity
from openapi_gateway.base_services.keyboard import operations as keyboard
from openapi_gateway.base_services.liveness import operations as liveness
from openapi_gateway.calls import Operation
from openapi_gateway.conformance import operations as conformance

OPERATIONS: list[Operation] = [
    *identity.OPERATIONS,
    *liveness.OPERATIONS,
    *keyboard.OPERATIONS,
    *account.OPERATIONS,
    *conformance.OPERATIONS,
    *platform_keys.OPERATIONS,
    *debugging.OPERATIONS,
]
