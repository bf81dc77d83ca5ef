from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events


def register() -> None:
    events.register("announcements.draft_created", _("announcement drafted"))
    events.register("announcements.draft_edited", _("announcement edited"))
    events.register("announcements.draft_deleted", _("announcement draft deleted"))
    events.register("announcements.draft_copied", _("announcement copied"))
    events.register("announcements.unread_exported", _("list of non-readers exported"))
