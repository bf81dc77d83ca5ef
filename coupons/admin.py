"""Each import registers the pages of its part."""

from __future__ import annotations

import coupons.admin_batches
import coupons.admin_counter
import coupons.admin_coupons
import coupons.admin_grants
import coupons.admin_reconciliation
import coupons.admin_templates  # noqa: F401
