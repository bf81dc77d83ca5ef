"""What customers chose for their own app. Whether they may, the channel API has asked before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.changes import customers_changed
from customers.models import Preference

CHOICES = ("skin", "mode", "functions")


@transaction.atomic
def save_preferences(
    *, customer_number: str, choices: Mapping[str, Any], at: datetime
) -> Preference:
    """What ``choices`` does not name stays, also when two requests come at once."""
    named = {name: choices[name] for name in CHOICES if name in choices}
    if named:
        row = Preference(customer_number=customer_number, changed_at=at, **named)
        Preference.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["customer_number"],
            update_fields=[*named, "changed_at"],
        )
        customers_changed([customer_number])
    return preference_of(customer_number)


def preference_of(customer_number: str) -> Preference:
    """Nothing chosen, for whoever has never chosen."""
    found = Preference.objects.filter(pk=customer_number).first()
    return found or Preference(customer_number=customer_number)
