"""Who pays for what a coupon takes off: shares of the province, the bank and a merchant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from coupons.choices import Bearer
from coupons.errors import BadTemplate
from coupons.terms.amounts import WHOLE, percent

MOST_NAME = 60


def clean_bearers(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Basis points that make up the whole. Raises ``BadTemplate``."""
    shares = {bearer: raw.get(bearer, 0) for bearer in Bearer.values}
    if any(not isinstance(each, int) or not 0 <= each <= WHOLE for each in shares.values()):
        raise _bad(_("A share is between 0 and 100%."))
    total = sum(shares.values())
    if total != WHOLE:
        raise _bad(
            _("The shares of the cost add up to %(total)s; they must make 100%%.")
            % {"total": percent(total)}
        )
    name = " ".join(str(raw.get("merchant_name", "")).split())[:MOST_NAME]
    if shares[Bearer.MERCHANT] and not name:
        raise _bad(_("Name the merchant that bears a share."))
    return {**shares, "merchant_name": name if shares[Bearer.MERCHANT] else ""}


def describe_bearers(bearers: Mapping[str, Any]) -> str:
    """Those who bear something, e.g. "provincial union 30%, bank 70%"."""
    parts = []
    for bearer in Bearer:
        share = int(bearers.get(bearer, 0))
        name = bearers.get("merchant_name") if bearer == Bearer.MERCHANT else ""
        if share:
            parts.append(f"{name or bearer.label} {percent(share)}")
    return _(", ").join(parts)


def _bad(sentence: str) -> BadTemplate:
    return BadTemplate(sentence, field="bearers")
