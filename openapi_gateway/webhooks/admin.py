"""Each import registers the pages of its part."""

from __future__ import annotations

import openapi_gateway.webhooks.admin_deliveries
import openapi_gateway.webhooks.admin_endpoints  # noqa: F401
