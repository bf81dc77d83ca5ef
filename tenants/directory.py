"""What a serving process knows by heart: every host name's bank, every schema's version."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection

from tenants.models import Bank, Domain

# Rows that someone changed past the services are noticed after this many seconds.
FULL_READ_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Directory:
    """One reading of the database; never changed, only replaced by the next reading."""

    versions: Mapping[str, int]
    banks: Mapping[str, Bank]
    read_at: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        return time.monotonic() - self.read_at

    def bank_of(self, host: str) -> Bank | None:
        """The caller's own copy: threads share this directory, a form may write on its bank."""
        bank = self.banks.get(host)
        return copy.copy(bank) if bank else None


def read_directory(known: Directory | None = None) -> Directory:
    """One query while nothing has changed since ``known``, else two.

    All host names are held, so an unknown one costs neither a query nor memory.
    """
    versions = _versions()
    if known and versions == known.versions and known.age < FULL_READ_SECONDS:
        return known
    return Directory(versions, _banks_by_host())


def _versions() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schema_name, version FROM public.tenants_schemaversion")
        return dict(cursor.fetchall())


def _banks_by_host() -> dict[str, Bank]:
    rows = Domain.objects.select_related("tenant").order_by("domain")
    return {row.domain.lower(): row.tenant for row in rows}
