"""A new bank is ready when somebody can sign in to it: the bank and its first administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from operators.services import NewOperator, create_first_administrator
from operators.sign_in.addresses import console_address
from tenants.models import Bank
from tenants.platform import PLATFORM
from tenants.services import provision_bank
from tenants.template import current_replay


@dataclass(frozen=True, slots=True)
class OpenedBank:
    bank: Bank
    administrator: NewOperator
    console: str


def open_bank(
    *, actor: Any = None, administrator: str, administrator_name: str = "", **details: str
) -> OpenedBank:
    """Both or neither: one transaction holds the schema, the rows and the person, so a refused
    user name or a kill leaves nothing. ``details`` as of ``provision_bank``."""
    # A template that is behind cannot be renewed inside a transaction.
    current_replay()
    with tenant_context(PLATFORM), transaction.atomic():
        bank = provision_bank(actor=actor, **details)
        with tenant_context(bank):
            person = create_first_administrator(username=administrator, name=administrator_name)
            return OpenedBank(bank, person, console_address("/admin/"))
