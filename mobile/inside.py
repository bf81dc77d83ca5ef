from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection
from django_tenants.utils import tenant_context

if TYPE_CHECKING:
    from tenants.models import Bank
    from tenants.platform import Platform


@contextmanager
def inside(owner: Bank | Platform) -> Iterator[None]:
    """In the owner's schema; nothing is asked of the database when that is where we are."""
    if connection.schema_name == owner.schema_name:
        yield
    else:
        with tenant_context(owner):
            yield
