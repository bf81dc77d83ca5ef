from __future__ import annotations

from typing import TYPE_CHECKING

from announcements.catalogue import events
from operators.entries import save_entry

if TYPE_CHECKING:
    from announcements.catalogue.models import AppFunction, Skin
    from operators.models import Operator


def save_skin(*, actor: Operator, skin: Skin) -> Skin:
    return save_entry(actor=actor, entry=skin, event=events.SKIN_SAVED)


def save_function(*, actor: Operator, function: AppFunction) -> AppFunction:
    return save_entry(actor=actor, entry=function, event=events.FUNCTION_SAVED)
