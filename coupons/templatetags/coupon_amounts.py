from __future__ import annotations

from datetime import datetime

from django import template

from coupons.terms.reading import FAR_FUTURE
from coupons.terms.wording import last_day as last_day_of
from coupons.wording import yuan as in_yuan

register = template.Library()


@register.filter
def yuan(cents: int) -> str:
    return in_yuan(cents)


@register.filter
def last_day(until: datetime) -> str:
    """The day before the midnight that ends it."""
    return "—" if until >= FAR_FUTURE else last_day_of(until)
