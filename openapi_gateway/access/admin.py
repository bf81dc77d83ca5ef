from __future__ import annotations

import openapi_gateway.access.admin_applications
import openapi_gateway.access.admin_catalogue
import openapi_gateway.access.admin_grants
import openapi_gateway.access.admin_offer  # noqa: F401  (they register their pages)
