from __future__ import annotations

from campaigns import admin_campaigns, admin_events, admin_participations  # noqa: F401  (registers their pages)
