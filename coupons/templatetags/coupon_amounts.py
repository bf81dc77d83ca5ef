from __future__ import annotations

from django import template

from coupons.wording import yuan as in_yuan

register = template.Library()


@register.filter
def yuan(cents: int) -> str:
    return in_yuan(cents)
