"""What may stand behind the question mark of the coupons' addresses."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from coupons.errors import UnknownCoupon
from coupons.life.payments import Payment
from coupons.wallet.choices import WalletState
from coupons.wallet.pages import BEGINNING, Place
from mobile.api.coupons_bodies import MAX_CENTS, MAX_SCENE
from mobile.errors import BadQuery

if TYPE_CHECKING:
    from django.http import QueryDict

MAX_PAGE, DEFAULT_PAGE = 100, 20
_YUAN = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_PLACE = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)_([1-9][0-9]{0,17})")


def coupon_id_of(name: str) -> int:
    """What is no id is no coupon."""
    if not _WHOLE.fullmatch(name):
        raise UnknownCoupon(_("There is no such coupon."))
    return int(name)


def payment_of(query: QueryDict) -> Payment:
    """The amount in yuan or in cents, not both; without one there is no payment."""
    scene = query.get("scene", "")
    if len(scene) > MAX_SCENE or not (scene.isprintable() or scene == ""):
        raise BadQuery(_("scene is the code of a scene, such as top_up."))
    if "amount" in query and "amount_cents" in query:
        raise BadQuery(_("Send amount or amount_cents, not both."))
    if "amount_cents" in query:
        return Payment(_cents(query.get("amount_cents", "")), scene)
    return Payment(_yuan(query.get("amount", "")) if "amount" in query else None, scene)


def _yuan(raw: str) -> int:
    found = _YUAN.fullmatch(raw)
    if found is None:
        raise BadQuery(_("amount is in yuan with at most 2 decimals, such as 50 or 49.90."))
    whole, part = found[1], (found[2] or "").ljust(2, "0")
    return int(whole) * 100 + int(part)


def _cents(raw: str) -> int:
    if not _WHOLE.fullmatch(raw) or int(raw) > MAX_CENTS:
        raise BadQuery(_("amount_cents is a whole number of cents, such as 5000."))
    return int(raw)


def state_of(query: QueryDict) -> str:
    """Empty = all states."""
    state = query.get("state", "")
    if state and state not in WalletState.values:
        raise BadQuery(_("state is one of: %(known)s.") % {"known": ", ".join(WalletState.values)})
    return state


def size_of(query: QueryDict) -> int:
    raw = query.get("limit")
    if raw is None:
        return DEFAULT_PAGE
    if not _WHOLE.fullmatch(raw) or not 1 <= int(raw) <= MAX_PAGE:
        raise BadQuery(_("limit is a number from 1 to 100."))
    return int(raw)


def place_of(query: QueryDict) -> Place:
    """Where the page before has ended; goes with one state."""
    raw = query.get("after")
    if not raw:
        return BEGINNING
    found = _PLACE.fullmatch(raw)
    if found is None or not query.get("state"):
        raise BadQuery(_("after is the next of the page before, and goes with its state."))
    return Place(Decimal(found[1]), int(found[2]))


def text_of(place: Place | None) -> str | None:
    return None if place is None else f"{place.key.normalize():f}_{place.coupon_id}"


def after_id_of(query: QueryDict) -> int:
    raw = query.get("after", "0")
    if not _WHOLE.fullmatch(raw):
        raise BadQuery(_("after is the id of the last notice that you have."))
    return int(raw)
