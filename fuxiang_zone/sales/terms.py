"""The terms of a published product version, read once per process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connection

from fuxiang_zone.models import ProductTerms


def terms_of(product_id: int, version: int) -> Mapping[str, Any]:
    """The payload of that version, with its title; of the current schema."""
    return _terms_of(connection.schema_name, product_id, version)


@lru_cache(maxsize=4096)
def _terms_of(schema_name: str, product_id: int, version: int) -> Mapping[str, Any]:
    """``schema_name`` keeps banks apart in the memory of the process."""
    rows = ProductTerms.objects.filter(product_id=product_id, version=version)
    terms: Mapping[str, Any] = rows.values_list("terms", flat=True).get()
    return terms


def forget() -> None:
    """For tests, whose versions are taken back."""
    _terms_of.cache_clear()
