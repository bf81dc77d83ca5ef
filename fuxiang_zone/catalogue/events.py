from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

TYPE_SAVED = register("fuxiang_zone_catalogue.type_saved", _("product type saved"))
TYPE_STATE_CHANGED = register(
    "fuxiang_zone_catalogue.type_state_changed", _("product type offered or closed")
)
TYPES_SEEDED = register("fuxiang_zone_catalogue.seeded", _("product types of this release added"))
TYPE_ACTIVATED = register("fuxiang_zone_catalogue.type_activated", _("product type opened"))
TYPE_DEACTIVATED = register("fuxiang_zone_catalogue.type_deactivated", _("product type closed"))
CAP_SAVED = register("fuxiang_zone_catalogue.cap_saved", _("rate cap saved"))
APPLICATION_BEGUN = register(
    "fuxiang_zone_catalogue.application_begun", _("application for a product type begun")
)
APPLICATION_EDITED = register(
    "fuxiang_zone_catalogue.application_edited", _("application for a product type edited")
)
APPLICATION_SUBMITTED = register(
    "fuxiang_zone_catalogue.application_submitted", _("application for a product type submitted")
)
APPLICATION_WITHDRAWN = register(
    "fuxiang_zone_catalogue.application_withdrawn", _("application for a product type withdrawn")
)
APPLICATION_DECIDED = register(
    "fuxiang_zone_catalogue.application_decided", _("application for a product type decided")
)
ADOPTION_EXPORTED = register(
    "fuxiang_zone_catalogue.adoption_exported", _("adoption of product types exported")
)
