"""Why something in the zone is refused. ``code`` of a ``ZoneRefused`` is the closed list that
channels program against; never reuse one for another reason."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise

from audit.errors import DomainError


class BadProduct(DomainError):
    """``field`` says where the form shows it; a field of the schema by its key."""

    code = "bad_zone_product"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str = "", code: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field


class UnknownProduct(DomainError):
    """No such product, not this bank's, or not to be shown to this customer."""

    code = "unknown_product"
    http_status = 404


class ProductKept(DomainError):
    code = "zone_product_kept"


class ZoneRefused(DomainError):
    """``facts`` name the failing condition for machines."""

    code = "reservation_refused"

    def __init__(self, message: str | Promise, *, code: str = "", **facts: Any) -> None:
        super().__init__(message, code=code)
        self.facts = facts


class NotOnSale(ZoneRefused):
    """Withdrawn, not begun (``not_started``) or over (``ended``)."""

    code = "not_on_sale"


class SoldOut(ZoneRefused):
    """``facts``: left (units)."""

    code = "sold_out"


class CustomerLimitReached(ZoneRefused):
    code = "customer_limit_reached"


class NotSuitable(ZoneRefused):
    """The product's risk is above what the customer may have, or nobody has assessed them."""

    code = "not_suitable"


class NotMeant(ZoneRefused):
    code = "outside_audience"


class BadAmount(ZoneRefused):
    code = "bad_amount"


class UnknownReservation(ZoneRefused):
    """No such reservation, or another customer's."""

    code = "unknown_reservation"
    http_status = 404


class ReservationOver(ZoneRefused):
    """Expired or released before."""

    code = "reservation_over"


class KeyReused(ZoneRefused):
    code = "idempotency_key_reused"
    http_status = 422


class KeyRequired(ZoneRefused):
    code = "idempotency_key_required"
    http_status = 400


class ExportRefused(DomainError):
    """Too many rows for one file."""

    code = "export_refused"
