"""Loads the admin pages of this room: of operators, branches, the audit trail and the banks."""

from __future__ import annotations

import operators.admin_audit
import operators.admin_banks
import operators.admin_branches
import operators.admin_operators  # noqa: F401
