"""Each import registers the pages of its part."""

from __future__ import annotations

import openapi_gateway.credentials.admin_clients
import openapi_gateway.credentials.admin_keys
import openapi_gateway.credentials.admin_platform_keys  # noqa: F401
