from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from announcements.catalogue import events
from operators.entries import save_entry
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from announcements.catalogue.models import AppFunction, Skin
    from operators.models import Operator


def save_skin(*, actor: Operator, skin: Skin) -> Skin:
    with transaction.atomic():
        # Two festivals saved at the same moment would not see each other's period.
        take_for_transaction("announcements.skins")
        return save_entry(actor=actor, entry=skin, event=events.SKIN_SAVED)


def save_function(*, actor: Operator, function: AppFunction) -> AppFunction:
    return save_entry(actor=actor, entry=function, event=events.FUNCTION_SAVED)
