from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

CREATED = "campaigns.province_created"
EDITED = "campaigns.province_edited"
COPIED = "campaigns.province_copied"
DELETED = "campaigns.province_deleted"
WAVE_PLANNED = "campaigns.wave_planned"
WAVE_OPENED = "campaigns.wave_opened"
WAVE_PULLED = "campaigns.wave_pulled"
WAVE_RELEASED = "campaigns.wave_released"
JOINED = "campaigns.province_joined"
DECLINED = "campaigns.province_declined"
ACCEPTED = "campaigns.province_version_accepted"
DEFERRED = "campaigns.province_version_deferred"
EXPORTED = "campaigns.province_board_exported"


def register() -> None:
    for name, label in (
        (CREATED, _("province campaign created")),
        (EDITED, _("province campaign edited")),
        (COPIED, _("province campaign copied")),
        (DELETED, _("draft of a province campaign deleted")),
        (WAVE_PLANNED, _("wave of a province campaign planned")),
        (WAVE_OPENED, _("wave of a province campaign opened")),
        (WAVE_PULLED, _("wave of a province campaign pulled back")),
        (WAVE_RELEASED, _("wave of a province campaign released again")),
        (JOINED, _("province campaign joined")),
        (DECLINED, _("province campaign declined")),
        (ACCEPTED, _("newer version of a province campaign accepted")),
        (DEFERRED, _("newer version of a province campaign put off")),
        (EXPORTED, _("figures of a province campaign exported")),
    ):
        events.register(name, label)
