"""Whether a customer may have a product of some risk: R1–R5 against C1–C5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

# An assessment is good for a year.
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Suitability:
    ok: bool
    # Empty when it is suitable; else not_assessed, assessment_expired, risk_too_high.
    code: str = ""
    sentence: str = ""


SUITABLE = Suitability(True)


def verdict(
    risk_level: int | None, customer_level: str, assessed_on: date | None, today: date
) -> Suitability:
    """``customer_level``: C1 to C5, empty = never assessed."""
    if risk_level is None:
        return SUITABLE
    if not customer_level or assessed_on is None:
        return Suitability(
            False, "not_assessed", _("Please have your risk tolerance assessed first.")
        )
    if today - assessed_on > YEAR:
        return Suitability(
            False, "assessment_expired",
            _("Your risk assessment is older than a year; please have it done again."),
        )  # fmt: skip
    if risk_level > int(customer_level[1:]):
        return Suitability(
            False, "risk_too_high",
            _("This product is R%(product)s, above what your assessment (%(customer)s) allows.")
            % {"product": risk_level, "customer": customer_level},
        )  # fmt: skip
    return SUITABLE
