from __future__ import annotations

from tests.consoles.conftest import enter

__all__ = ["enter"]
