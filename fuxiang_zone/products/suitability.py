"""Whether a customer may have a product of some risk: R1–R5 against C1–C5. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

_LEVELS = {f"C{level}": level for level in range(1, 6)}


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
    """``risk_level`` 1–5, None = the product carries none; ``customer_level`` C1–C5, anything else
    counts as never assessed, as does an assessment of a day to come."""
    if risk_level is None:
        return SUITABLE
    allowed = _LEVELS.get(customer_level)
    if allowed is None or assessed_on is None or assessed_on > today:
        return Suitability(
            False, "not_assessed", _("Please have your risk tolerance assessed first.")
        )
    if today > good_until(assessed_on):
        return Suitability(
            False, "assessment_expired",
            _("Your risk assessment is older than a year; please have it done again."),
        )  # fmt: skip
    if risk_level > allowed:
        return Suitability(
            False, "risk_too_high",
            _("This product is R%(product)s, above what your assessment (%(customer)s) allows.")
            % {"product": risk_level, "customer": customer_level},
        )  # fmt: skip
    return SUITABLE


def good_until(assessed_on: date) -> date:
    """The last day on which an assessment counts: the same day a year on; of 29 February the
    28th."""
    leap_day = (assessed_on.month, assessed_on.day) == (2, 29)
    return assessed_on.replace(year=assessed_on.year + 1, day=28 if leap_day else assessed_on.day)
