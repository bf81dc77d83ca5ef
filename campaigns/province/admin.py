from __future__ import annotations

from campaigns.province import admin_bank, admin_campaigns  # noqa: F401  (register their pages)
