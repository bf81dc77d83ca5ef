from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

TAKEN_IN = register("announcements_ads.picture_taken_in", _("picture uploaded"))
CROPPED = register("announcements_ads.picture_cropped", _("picture cropped"))
COPIED = register("announcements_ads.picture_copied", _("picture copied"))
SWEPT = register("announcements_ads.pictures_swept", _("unused pictures removed"))
