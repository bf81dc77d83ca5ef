"""A coupon and a redemption in the words of the counter's pages; never the whole code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.utils.translation import gettext as _

from coupons.choices import CouponKind
from coupons.counter.rules import obstacles
from coupons.models import Coupon
from coupons.stock.codes import Vault, masked
from coupons.terms.reading import FAR_FUTURE, SHANGHAI, Terms, terms_of
from coupons.wording import yuan
from customers.models import Customer

if TYPE_CHECKING:
    from operators.models import Branch

_SHOWN_OF_NUMBER = 4


@dataclass(frozen=True, slots=True)
class ShownCoupon:
    coupon: Coupon
    # None before the claim.
    terms: Terms | None
    name: str
    value: str
    code: str
    holder: str
    # Last day on which it is good; None = no end.
    last_day: date | None
    obstacles: Sequence[str]

    @property
    def threshold(self) -> str:
        cents = self.terms.threshold_cents if self.terms is not None else 0
        return _("%(amount)s yuan") % {"amount": yuan(cents)} if cents else ""

    @property
    def asks_amount(self) -> bool:
        """Whether the amount of the business decides what the coupon is worth."""
        return self.terms is not None and (
            self.terms.reduces_payment or self.terms.threshold_cents > 0
        )


def shown(coupon: Coupon, branch: Branch | None, at: datetime) -> ShownCoupon:
    return shown_all([coupon], branch, at)[0]


def shown_all(coupons: Sequence[Coupon], branch: Branch | None, at: datetime) -> list[ShownCoupon]:
    holders, vault = holders_of(coupon.customer_number for coupon in coupons), Vault()
    return [_shown(coupon, holders, vault, branch, at) for coupon in coupons]


def _shown(
    coupon: Coupon, holders: dict[str, str], vault: Vault, branch: Branch | None, at: datetime
) -> ShownCoupon:
    terms = terms_of_coupon(coupon)
    return ShownCoupon(
        coupon=coupon,
        terms=terms,
        name=terms.title if terms else coupon.template.title,
        value=value_words(
            terms.kind if terms else coupon.template.kind,
            coupon.face_cents,
            terms.rate_bp if terms else coupon.template.rate_bp,
        ),
        code=masked_code(coupon, vault),
        holder=holders.get(coupon.customer_number, ""),
        last_day=last_day(coupon.valid_until),
        obstacles=[str(each.message) for each in obstacles(coupon, terms, branch, at)],
    )


def terms_of_coupon(coupon: Coupon) -> Terms | None:
    if not coupon.terms_version:
        return None
    return terms_of(connection.schema_name, coupon.template_id, coupon.terms_version)


def masked_code(coupon: Coupon, vault: Vault) -> str:
    return masked(vault.open(coupon.code_key, bytes(coupon.secret)).code)


def last_day(valid_until: datetime) -> date | None:
    """The end is exclusive."""
    if valid_until >= FAR_FUTURE:
        return None
    return (valid_until - timedelta(microseconds=1)).astimezone(SHANGHAI).date()


def value_words(kind: str, face_cents: int, rate_bp: int) -> str:
    match kind:
        case CouponKind.DISCOUNT:
            return _("%(percent)s %% off, at most %(amount)s yuan") % {
                "percent": percent(rate_bp), "amount": yuan(face_cents),
            }  # fmt: skip
        case CouponKind.INTEREST:
            return _("interest rate better by %(percent)s %%") % {"percent": percent(rate_bp)}
        case CouponKind.GIFT:
            return _("gift worth %(amount)s yuan") % {"amount": yuan(face_cents)}
        case CouponKind.SERVICE:
            return _("service worth %(amount)s yuan") % {"amount": yuan(face_cents)}
    return _("%(amount)s yuan") % {"amount": yuan(face_cents)}


def percent(basis_points: int) -> str:
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".")


def holders_of(numbers: Iterable[str]) -> dict[str, str]:
    """Name and number as far as a counter needs them to compare with a card."""
    wanted = {number for number in numbers if number}
    names = dict(Customer.objects.filter(number__in=wanted).values_list("number", "masked_name"))
    return {
        number: " ".join(filter(None, [names.get(number, ""), masked_number(number)]))
        for number in wanted
    }


def masked_number(number: str) -> str:
    shown = min(_SHOWN_OF_NUMBER, len(number) // 2)
    return f"****{number[len(number) - shown :]}"
