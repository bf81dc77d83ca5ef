from __future__ import annotations

from openapi_gateway.calls import Operation

OPERATIONS: list[Operation] = []
