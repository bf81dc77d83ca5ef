"""Why a coupon cannot be redeemed at a branch: what the page says before anybody tries, and what
the counter itself holds to. The redemption decides again, in its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from coupons import errors
from coupons.choices import BatchState, CouponState
from coupons.counter.choices import Business
from coupons.errors import CounterRefused, CouponRefused

if TYPE_CHECKING:
    from coupons.models import Coupon
    from coupons.terms.reading import Terms
    from operators.models import Branch, Operator

PERMISSION = "coupons.redeem_coupon"


def branch_of(actor: Operator) -> Branch:
    if actor.branch is None:
        raise CounterRefused(
            _(
                "You belong to no branch, so you cannot redeem coupons at a counter. "
                "Ask an administrator to assign you to a branch."
            ),
            code="no_branch",
        )
    return actor.branch


def is_redeemable_at(coupon: Coupon, branch: Branch) -> bool:
    """A coupon of a branch is good there and at everything below it."""
    return coupon.branch is None or branch.path.startswith(coupon.branch.path)


def businesses(terms: Terms) -> list[str]:
    """What the customer can have done for this coupon; a coupon for loans is redeemed for one."""
    return [each for each in Business.values if not terms.scenes or each in terms.scenes]


def require_place(coupon: Coupon, terms: Terms, branch: Branch) -> None:
    """What never changes once a coupon is claimed: needs no lock."""
    if not terms.is_at_counter:
        raise errors.WrongChannel(
            _("This coupon is used in the app only. The customer can find it in the wallet.")
        )
    if not businesses(terms):
        raise errors.WrongScene(
            _("This coupon is for payments in the app, not for any business at a counter.")
        )
    if not is_redeemable_at(coupon, branch):
        raise errors.WrongBranch(
            _("This coupon can only be redeemed at %(branch)s and its outlets.")
            % {"branch": coupon.branch.name if coupon.branch is not None else ""}
        )


def obstacles(
    coupon: Coupon, terms: Terms | None, branch: Branch | None, at: datetime
) -> Iterator[CouponRefused]:
    """Every reason there is, the gravest first."""
    yield from _of_batch(coupon)
    yield from _of_state(coupon, at)
    yield from _of_period(coupon, terms, at)
    if terms is not None and branch is not None:
        try:
            require_place(coupon, terms, branch)
        except CouponRefused as refusal:
            yield refusal


def _of_batch(coupon: Coupon) -> Iterator[CouponRefused]:
    if coupon.batch.state == BatchState.FROZEN:
        yield errors.Frozen(
            _("The batch of this coupon is frozen. It can be redeemed once it is unfrozen.")
        )
    elif coupon.batch.state == BatchState.RECALLED:
        yield errors.Voided(_("The batch of this coupon has been recalled."))


def _of_state(coupon: Coupon, at: datetime) -> Iterator[CouponRefused]:
    match coupon.state:
        case CouponState.STOCKED:
            yield errors.UnknownCoupon(
                _("No customer has claimed this coupon yet. The customer claims it in the app.")
            )
        case CouponState.REDEEMED:
            yield errors.AlreadyRedeemed(
                _("Redeemed already, at %(time)s.") % {"time": _clock(coupon.redeemed_at)}
            )
        case CouponState.VOIDED:
            yield errors.Voided(_("This coupon has been voided."))
        case CouponState.FROZEN:
            yield errors.Frozen(_("This coupon is frozen. Ask head office why."))
        case CouponState.EXPIRED:
            yield errors.Expired(_("This coupon has expired."))
        case CouponState.LOCKED if coupon.lock_until is not None and coupon.lock_until > at:
            yield errors.LockedElsewhere(
                _("Locked for a payment in the app until %(time)s.")
                % {"time": _clock(coupon.lock_until)}
            )


def _of_period(coupon: Coupon, terms: Terms | None, at: datetime) -> Iterator[CouponRefused]:
    starts = coupon.valid_from or (terms.valid_from if terms is not None else None)
    if starts is not None and starts > at:
        yield errors.NotYetValid(_("Valid only from %(time)s.") % {"time": _clock(starts)})
    open_states = (CouponState.CLAIMED, CouponState.LOCKED, CouponState.FROZEN)
    if coupon.state in open_states and coupon.valid_until <= at:
        yield errors.Expired(_("This coupon has expired."))


def _clock(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment is not None else "—"
