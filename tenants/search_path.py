"""The only places that move a connection between schemas, beside ``tenant_context``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django_tenants.utils import tenant_context

from tenants.platform import PLATFORM


@contextmanager
def on_public() -> Iterator[None]:
    with tenant_context(PLATFORM):
        yield


def forget_search_path() -> None:
    """After SQL of ours has moved the path itself: the next statement sets it again.

    With TENANT_LIMIT_SET_CALLS the backend trusts its memory of what it set last.
    """
    connection.search_path_set_schemas = None
