"""What may stand behind the question mark of the zone's addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fuxiang_zone.choices import TermUnit
from fuxiang_zone.errors import UnknownProduct, UnknownReservation
from mobile.api.coupons_queries import payment_of
from mobile.errors import BadQuery

if TYPE_CHECKING:
    from django.http import QueryDict

MAX_TERM = 18_000
_TERM = re.compile(r"[0-9]{1,9}")


def amount_of(query: QueryDict) -> int:
    """Cents; ``amount`` in yuan or ``amount_cents``."""
    cents = payment_of(query).order_cents
    if not cents:
        raise BadQuery(_("amount is in yuan with at most 2 decimals, such as 50000."))
    return cents


def term_of(query: QueryDict) -> tuple[int, str]:
    raw, unit = query.get("term", ""), query.get("unit", TermUnit.MONTH)
    if not (_TERM.fullmatch(raw) and 1 <= int(raw) <= MAX_TERM):
        raise BadQuery(_("term is a whole number of units, such as 12."))
    if unit not in TermUnit.values:
        raise BadQuery(_("unit is one of: %(known)s.") % {"known": ", ".join(TermUnit.values)})
    return int(raw), unit


def product_uid(name: str) -> UUID:
    """What is no id is no product."""
    try:
        return UUID(name)
    except ValueError:
        raise UnknownProduct(_("There is no such product.")) from None


def reservation_uid(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise UnknownReservation(_("There is no such reservation.")) from None
