"""Each import registers the pages of its part."""

from __future__ import annotations

import fuxiang_zone.admin_products
import fuxiang_zone.admin_reservations  # noqa: F401
