"""Loads the admin pages that live in this room."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

for _page in ("banks", "branches", "operators", "audit"):
    if find_spec(f"operators.admin_{_page}"):
        import_module(f"operators.admin_{_page}")
