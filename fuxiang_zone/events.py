from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

PRODUCT_CREATED = "fuxiang_zone.product_created"
PRODUCT_EDITED = "fuxiang_zone.product_edited"
PRODUCT_COPIED = "fuxiang_zone.product_copied"
PRODUCT_DELETED = "fuxiang_zone.product_deleted"
FIGURES_EXPORTED = "fuxiang_zone.figures_exported"
RESERVED = "fuxiang_zone.reserved"
CONFIRMED = "fuxiang_zone.reservation_confirmed"
RELEASED = "fuxiang_zone.reservation_released"
EXPIRED = "fuxiang_zone.reservations_expired"
EXPORTED = "fuxiang_zone.reservations_exported"


def register() -> None:
    for name, label in (
        (PRODUCT_CREATED, _("zone product created")),
        (PRODUCT_EDITED, _("zone product edited")),
        (PRODUCT_COPIED, _("zone product copied")),
        (PRODUCT_DELETED, _("draft of a zone product deleted")),
        (FIGURES_EXPORTED, _("figures of a zone product exported")),
        (RESERVED, _("units of a zone product reserved")),
        (CONFIRMED, _("reservation confirmed")),
        (RELEASED, _("reservation released")),
        (EXPIRED, _("overdue reservations given back")),
        (EXPORTED, _("reservations exported")),
    ):
        events.register(name, label)
