from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise


class DomainError(Exception):
    """A refusal that a person can read; every edge shows ``message``, machines read ``code``."""

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 409

    def __init__(self, message: str | Promise, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code_text = code or self.code

    def __str__(self) -> str:
        return str(self.message)


class UnknownEvent(LookupError):
    """An audit event was recorded under a name that no room has registered."""
