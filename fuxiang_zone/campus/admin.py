from __future__ import annotations

from fuxiang_zone.campus import admin_bills, admin_fees, admin_schools, admin_students

__all__ = ["admin_bills", "admin_fees", "admin_schools", "admin_students"]
