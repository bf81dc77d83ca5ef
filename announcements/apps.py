from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnouncementsConfig(AppConfig):
    name = "announcements"
    label = "announcements"
    verbose_name = _("announcements")

    def ready(self) -> None:
        from announcements import events, histories, kinds, targets
        from announcements.appearance import groups

        events.register()
        histories.register_histories()
        kinds.register_kind()
        targets.register_targets()
        groups.register_groups()
