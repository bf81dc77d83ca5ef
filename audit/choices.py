from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Breach(TextChoices):
    """What verification can find."""

    ROW_EDITED = "row_edited", _("the row was edited: its content does not match its MAC")
    ROW_UNREADABLE = "row_unreadable", _("the row was edited: it cannot be read")
    ROW_INSERTED = "row_inserted", _("the row was inserted, or its link removed")
    ROW_REMOVED = "row_removed", _("the row was removed")
    KEY_UNKNOWN = "key_unknown", _("the row's MAC names a key that is not in the key ring")
    LINK_EDITED = "link_edited", _("the row's link was edited")
    PLACE_MISSING = "place_missing", _("a link was removed: this place of the chain is empty")
    HASH_EDITED = "hash_edited", _("the hash does not follow from the chain before it")
    HEAD_REMOVED = "head_removed", _("the chain's head was removed")
    HEAD_EDITED = "head_edited", _("the chain's head was edited, or does not match its end")
