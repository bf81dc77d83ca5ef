from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

TYPE_SAVED = register("fuxiang_zone_catalogue.type_saved", _("product type saved"))
TYPE_ACTIVATED = register("fuxiang_zone_catalogue.type_activated", _("product type opened"))
TYPE_DEACTIVATED = register("fuxiang_zone_catalogue.type_deactivated", _("product type closed"))
