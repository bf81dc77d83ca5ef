from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.utils.functional import Promise


class DomainError(Exception):
    """A refusal that a person can read; every edge shows ``message``, machines read ``code``."""

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 409
    # What machines are told of the cause, beside the code.
    facts: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, message: str | Promise, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code_text = code or self.code

    def __str__(self) -> str:
        return str(self.message)


class UnknownEvent(LookupError):
    """An audit event was recorded under a name that no room has registered."""


class NotCanonical(TypeError):
    """A value that would not come back from the database exactly as it went in."""


class SecretInAudit(ValueError):
    """A secret was about to be written where many people read."""


class AppendOnly(TypeError):
    """Something tried to change or remove a row that is written once."""


class BrokenChain(RuntimeError):
    """The end of a chain was tampered with; sealing on top of it would hide that."""


class ExportNotAllowed(DomainError):
    code = "not_allowed"
    http_status = 403


class ExportTooLarge(DomainError):
    code = "export_too_large"


class BadFilter(DomainError):
    code = "bad_filter"
    http_status = 400
