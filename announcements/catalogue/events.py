from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

SKIN_SAVED = register("announcements_catalogue.skin_saved", _("skin saved"))
FUNCTION_SAVED = register("announcements_catalogue.function_saved", _("app function saved"))
PLACEMENT_SAVED = register("announcements_catalogue.placement_saved", _("placement saved"))
