"""Who is asking, from where: known to the whole call without being passed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class RequestContext:
    request_id: str = ""
    address: str | None = None


OUTSIDE = RequestContext()  # a task, a command
_context: ContextVar[RequestContext] = ContextVar("audit_context", default=OUTSIDE)


def current() -> RequestContext:
    return _context.get()


def current_schema() -> str:
    return connection.schema_name  # type: ignore[attr-defined]  # django-tenants adds it


@contextmanager
def request_context(request_id: str, address: str | None = None) -> Iterator[RequestContext]:
    context = RequestContext(request_id, address)
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)
