"""A coupon as customers see it: the words of the card that ``coupons/card.html`` draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from coupons.choices import CouponKind, Validity
from coupons.terms.amounts import discount_words, percent, short_yuan
from coupons.terms.reading import FAR_FUTURE
from coupons.terms.scenes import describe_scenes
from coupons.terms.wording import last_day

if TYPE_CHECKING:
    from coupons.terms.reading import Terms

# The longer the figure, the smaller it is drawn.
LONG_FIGURE = 4


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    kind: str
    kind_label: str
    # "¥" "5", "" "8.5折", "" "0.3%", or an icon's name where there is no figure to show.
    unit: str
    figure: str
    icon: str
    condition: str
    where: str
    until: str
    # What the button, or the stamp across a card that is used up, says.
    label: str
    is_open: bool
    rules: list[str]

    @property
    def is_long(self) -> bool:
        return len(self.figure) > LONG_FIGURE


def offered_card(terms: Terms) -> Card:
    """In the claim centre, before the claim."""
    return _card(
        terms, _figure(terms), _validity(terms), pgettext("coupon button", "Claim"), is_open=True
    )


def held_card(
    terms: Terms, face_cents: int, valid_until: datetime, *, label: str = "", is_open: bool = True
) -> Card:
    """In the wallet. ``label``: what can be done, or what has become of it."""
    figure = _of_face(terms, short_yuan(face_cents))
    label = label or (
        pgettext("coupon button", "Use")
        if terms.is_online
        else pgettext("coupon button", "Show the code")
    )
    return _card(terms, figure, _until(valid_until), label, is_open=is_open)


def _card(
    terms: Terms, figure: tuple[str, str, str], until: str, label: str, *, is_open: bool
) -> Card:
    unit, number, icon = figure
    return Card(
        title=terms.title,
        kind=terms.kind,
        kind_label=str(CouponKind(terms.kind).label),
        unit=unit,
        figure=number,
        icon=icon,
        condition=_condition(terms),
        where=_where(terms),
        until=until,
        label=label,
        is_open=is_open,
        rules=[line for line in terms.rules.split("\n") if line.strip()],
    )


def _figure(terms: Terms) -> tuple[str, str, str]:
    least, most = terms.face_min_cents, terms.face_max_cents
    shown = short_yuan(least) if least == most else f"{short_yuan(least)}–{short_yuan(most)}"
    return _of_face(terms, shown)


def _of_face(terms: Terms, amount: str) -> tuple[str, str, str]:
    if terms.kind == CouponKind.DISCOUNT:
        return "", discount_words(terms.rate_bp), ""
    if terms.kind == CouponKind.INTEREST:
        return "", percent(terms.rate_bp), ""
    if terms.kind == CouponKind.GIFT:
        return "", "", "gift"
    if terms.kind == CouponKind.SERVICE:
        return "", "", "coupon"
    return "¥", amount, ""


def _condition(terms: Terms) -> str:
    if terms.kind == CouponKind.GIFT:
        return (
            pgettext("coupon card", "gift at the branch")
            if not terms.is_online
            else pgettext("coupon card", "gift")
        )
    if terms.kind == CouponKind.SERVICE:
        return pgettext("coupon card", "privilege")
    least = short_yuan(terms.threshold_cents)
    words = _("from ¥%(least)s on") % {"least": least} if terms.threshold_cents else _("no minimum")
    if terms.kind == CouponKind.DISCOUNT:
        most = _("at most ¥%(most)s off") % {"most": short_yuan(terms.face_max_cents)}
        return f"{words}\n{most}" if terms.threshold_cents else most
    return words


def _where(terms: Terms) -> str:
    if terms.scenes:
        return describe_scenes(sorted(terms.scenes))
    return _("at every branch of the bank") if not terms.is_online else _("usable everywhere")


def _validity(terms: Terms) -> str:
    if terms.validity == Validity.AFTER_CLAIM:
        return _("valid for %(days)s days after the claim") % {"days": terms.days_after_claim}
    return _until(terms.latest_use())


def _until(moment: datetime) -> str:
    return "" if moment >= FAR_FUTURE else _("valid until %(day)s") % {"day": last_day(moment)}
