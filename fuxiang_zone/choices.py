from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProductRisk(IntegerChoices):
    """How much risk a product carries; a customer of C1 may have R1, of C5 all of them."""

    R1 = 1, _("R1 low risk")
    R2 = 2, _("R2 rather low risk")
    R3 = 3, _("R3 medium risk")
    R4 = 4, _("R4 rather high risk")
    R5 = 5, _("R5 high risk")


class TermUnit(TextChoices):
    DAY = "day", pgettext_lazy("term", "days")
    MONTH = "month", pgettext_lazy("term", "months")
    YEAR = "year", pgettext_lazy("term", "years")


class ReservationState(TextChoices):
    """``held`` past its time is free again, whatever the row says."""

    HELD = "held", pgettext_lazy("reservation", "reserved")
    CONFIRMED = "confirmed", pgettext_lazy("reservation", "confirmed")
    RELEASED = "released", pgettext_lazy("reservation", "released")
    EXPIRED = "expired", pgettext_lazy("reservation", "expired")


class ActorKind(TextChoices):
    CUSTOMER = "customer", _("customer")
    SYSTEM = "system", _("system")
    OPERATOR = "operator", _("operator")
    CLOCK = "clock", pgettext_lazy("actor", "time")
