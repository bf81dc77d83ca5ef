from __future__ import annotations

from audit.errors import DomainError


class TooMuch(DomainError):
    """More rows than one file takes."""
