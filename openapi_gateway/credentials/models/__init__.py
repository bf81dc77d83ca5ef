from __future__ import annotations

from openapi_gateway.credentials.models.clients import Client
from openapi_gateway.credentials.models.keys import Key
from openapi_gateway.credentials.models.platform_keys import PlatformKey

__all__ = ["Client", "Key", "PlatformKey"]
