"""Face value, rate, threshold, validity, stock and budget: what each kind has, and what fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from coupons.choices import CouponKind, Validity
from coupons.errors import BadTemplate
from coupons.terms.amounts import WHOLE, yuan

if TYPE_CHECKING:
    from coupons.terms.content import TemplateContent

RATED = (CouponKind.DISCOUNT, CouponKind.INTEREST)
# Nothing is paid when one of these is used up.
WITHOUT_PAYMENT = (CouponKind.GIFT, CouponKind.SERVICE)
# A coupon carries one value: only what is taken off or handed out may differ from row to row.
ONE_VALUE = (CouponKind.DISCOUNT, CouponKind.INTEREST)
MOST_FACE, MOST_CENTS, MOST_STOCK = 10**9, 10**13, 10**9
MOST_DAYS, MOST_MINUTES = 3660, 1440


def fitting(content: TemplateContent) -> TemplateContent:
    """Without what its kind and its validity have no use for."""
    one = content.kind in ONE_VALUE
    by_days = content.validity == Validity.AFTER_CLAIM
    return replace(
        content,
        rate_bp=content.rate_bp if content.kind in RATED else 0,
        threshold_cents=0 if content.kind in WITHOUT_PAYMENT else content.threshold_cents,
        face_max_cents=content.face_min_cents if one else content.face_max_cents,
        valid_from=None if by_days else content.valid_from,
        days_after_claim=content.days_after_claim if by_days else None,
    )


def check(content: TemplateContent) -> None:
    """Raises ``BadTemplate`` naming the field."""
    _check_face(content)
    _check_rate(content)
    _check_threshold(content)
    _check_validity(content)
    _check_stock(content)


def _check_face(content: TemplateContent) -> None:
    least, most = content.face_min_cents, content.face_max_cents
    if not 1 <= least <= MOST_FACE:
        sentences = {
            CouponKind.DISCOUNT: _("A discount needs the most that it takes off, above 0."),
            CouponKind.INTEREST: _(
                "Enter what one coupon costs its bearers at most, above 0: the budget counts it."
            ),
        }
        usual = _("The face value lies between 0.01 and %(most)s.") % {"most": yuan(MOST_FACE)}
        raise BadTemplate(sentences.get(CouponKind(content.kind), usual), field="face_min_cents")
    if not least <= most <= MOST_FACE:
        raise BadTemplate(
            _("The greatest face value lies between the least, %(least)s, and %(most)s.")
            % {"least": yuan(least), "most": yuan(MOST_FACE)},
            field="face_max_cents",
        )


def _check_rate(content: TemplateContent) -> None:
    if content.kind == CouponKind.DISCOUNT and not 1 <= content.rate_bp < WHOLE:
        raise BadTemplate(
            _("A discount takes off more than 0% and less than 100%: 8.5 means 15% off."),
            field="rate_bp",
        )
    if content.kind == CouponKind.INTEREST and not 1 <= content.rate_bp <= WHOLE:
        raise BadTemplate(
            _("An interest-rate coupon names its rate, above 0 and at most 100%."), field="rate_bp"
        )


def _check_threshold(content: TemplateContent) -> None:
    threshold = content.threshold_cents
    if not 0 <= threshold <= MOST_CENTS:
        raise BadTemplate(_("This amount is too large."), field="threshold_cents")
    saves = content.kind == CouponKind.SPEND_AND_SAVE
    if saves and 0 < threshold < content.face_max_cents:
        raise BadTemplate(
            _("From %(threshold)s on, %(face)s would be taken off: more than is paid.")
            % {"threshold": yuan(threshold), "face": yuan(content.face_max_cents)},
            field="threshold_cents",
        )


def _check_validity(content: TemplateContent) -> None:
    if content.validity == Validity.AFTER_CLAIM:
        days = content.days_after_claim
        if days is None or not 1 <= days <= MOST_DAYS:
            raise BadTemplate(
                _("Say for how many days after the claim, from 1 to %(most)s.")
                % {"most": MOST_DAYS},
                field="days_after_claim",
            )
    elif content.valid_until is None:
        raise BadTemplate(_("Say on which day the coupons are last valid."), field="valid_until")
    if content.valid_until is None:
        return
    if content.valid_from is not None and content.valid_until <= content.valid_from:
        raise BadTemplate(_("The validity ends before it begins."), field="valid_until")
    if content.valid_until <= content.starts_at:
        raise BadTemplate(
            _("The coupons would end before customers can claim the first one."),
            field="valid_until",
        )


def _check_stock(content: TemplateContent) -> None:
    if not 1 <= content.stock_limit <= MOST_STOCK:
        raise BadTemplate(
            _("The stock lies between 1 and %(most)s coupons.") % {"most": f"{MOST_STOCK:,}"},
            field="stock_limit",
        )
    if not content.face_max_cents <= content.budget_cents <= MOST_CENTS:
        raise BadTemplate(
            _("The budget pays for at least one coupon (%(least)s), and is at most %(most)s.")
            % {"least": yuan(content.face_max_cents), "most": yuan(MOST_CENTS)},
            field="budget_cents",
        )
    if not 1 <= content.lock_minutes <= MOST_MINUTES:
        raise BadTemplate(
            _("A payment takes 1 to %(most)s minutes.") % {"most": MOST_MINUTES},
            field="lock_minutes",
        )
