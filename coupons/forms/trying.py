"""A field in which the pattern of the codes is tried out; what is typed is not saved."""

from __future__ import annotations

from typing import Any

from coupons.errors import BadTemplate
from coupons.terms.patterns import clean_pattern, pattern_of
from intake.errors import BadValue
from intake.values import tidy
from operators.admin_base import TemplateWidget


class PatternTryWidget(TemplateWidget):
    template_name = "coupons/pattern_try.html"
    use_fieldset = False
    # Of the page that answers while one types; empty = only when the form is sent.
    address = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {"name": name, "value": value or "", "address": self.address}

    def id_for_label(self, id_: str) -> str:
        return id_


def sample_fits(pattern: str, sample: str) -> bool | None:
    """As an import would read the code; None = there is nothing to try. Raises ``BadTemplate``."""
    wanted = pattern_of(clean_pattern(pattern))
    try:
        code = tidy(sample)
    except BadValue:
        return False
    return bool(wanted.fullmatch(code)) if code else None


def verdict(pattern: str, sample: str) -> dict[str, Any]:
    """For ``coupons/pattern_verdict.html``."""
    try:
        return {"fits": sample_fits(pattern, sample)}
    except BadTemplate as error:
        return {"wrong": str(error.message)}
