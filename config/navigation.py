"""What the two consoles show around their pages: names, colours, sidebar."""

from __future__ import annotations

from typing import Any

UNFOLD_BANK: dict[str, Any] = {}
UNFOLD_PLATFORM: dict[str, Any] = {}
