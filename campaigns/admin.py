from __future__ import annotations

from campaigns import admin_campaigns  # noqa: F401  (registers its pages)
