from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from announcements.catalogue import events
from announcements.catalogue.slots import clean_slots
from announcements.choices import ALWAYS_CLOSABLE
from operators.entries import InvalidEntry, save_entry
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from announcements.catalogue.models import AppFunction, Placement, Skin
    from operators.models import Operator


def save_skin(*, actor: Operator, skin: Skin) -> Skin:
    with transaction.atomic():
        # Two festivals saved at the same moment would not see each other's period.
        take_for_transaction("announcements.skins")
        return save_entry(actor=actor, entry=skin, event=events.SKIN_SAVED)


def save_function(*, actor: Operator, function: AppFunction) -> AppFunction:
    return save_entry(actor=actor, entry=function, event=events.FUNCTION_SAVED)


def save_placement(*, actor: Operator, placement: Placement) -> Placement:
    placement.province_slots = clean_slots(placement.province_slots, placement.slots or 0)
    if placement.daily_cap == 0:
        raise InvalidEntry(
            _("0 shows a day would switch the placement off. Leave it empty for no limit.")
        )
    if placement.code in ALWAYS_CLOSABLE and not placement.must_close:
        raise InvalidEntry(
            _("%(placement)s always has a close button. Please tick it.") % {"placement": placement}
        )
    return save_entry(actor=actor, entry=placement, event=events.PLACEMENT_SAVED)
