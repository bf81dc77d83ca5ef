"""A customer's coupons, and the claim centre, as they stand on the phone; nothing can be done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from coupons.errors import LimitReached, NotLive, OutOfStock, OutsideAudience
from coupons.terms.cards import Card, held_card, offered_card
from coupons.wallet.choices import WalletState
from coupons.wallet.offers import Offered, offers_for
from coupons.wallet.pages import wallet_of
from mobile.preview.screens import base_context

if TYPE_CHECKING:
    from coupons.wallet.holdings import Held
    from mobile.preview.scenes import Scene

WALLET, CLAIMS = "wallet", "claims"
# Of each state; the app pages on.
MOST = 20
_OPEN = (WalletState.USABLE, WalletState.LOCKED, WalletState.UPCOMING)
_OVER = (WalletState.EXPIRED, WalletState.FROZEN, WalletState.VOIDED)


def page_context(scene: Scene) -> dict[str, Any]:
    customer = scene.choices.customer
    number = customer.number if customer is not None else ""
    sections = _sections(scene, number) if number else []
    return {
        **base_context(scene),
        "is_wallet": scene.choices.page == WALLET,
        "has_customer": bool(number),
        "sections": sections,
        "is_empty": not any(section["cards"] for section in sections),
    }


def _sections(scene: Scene, number: str) -> list[dict[str, Any]]:
    if scene.choices.page == CLAIMS:
        return _claims(scene, number)
    groups = {group.state: group for group in wallet_of(number, at=scene.at, size=MOST)}
    return [
        {
            "title": title,
            "total": sum(groups[state].total for state in states),
            "cards": [_held(each) for state in states for each in groups[state].coupons],
        }
        for title, states in (
            (pgettext("wallet", "Can be used"), _OPEN),
            (pgettext("wallet", "Used"), (WalletState.REDEEMED,)),
            (pgettext("wallet", "Over"), _OVER),
        )
    ]


def _held(each: Held) -> Card:
    row, label = each.row, ""
    if each.state == WalletState.UPCOMING and row.valid_from is not None:
        label = _("From %(day)s") % {"day": timezone.localtime(row.valid_from).strftime("%m-%d")}
    elif each.state != WalletState.USABLE:
        label = str(WalletState(each.state).label)
    is_usable = each.state == WalletState.USABLE
    card = held_card(row.terms, row.face_cents, row.valid_until, label=label, is_open=is_usable)
    return card if each.state in _OPEN else replace(card, rules=[])


def _claims(scene: Scene, number: str) -> list[dict[str, Any]]:
    offered = offers_for(number, at=scene.at)
    claimable = [each for each in offered if each.refusal is None]
    # What is meant for others the app does not show.
    others = [each for each in offered if each.refusal is not None and _is_shown(each)]
    return [
        {
            "title": pgettext("claim centre", "To be claimed now"),
            "total": len(claimable),
            "cards": [offered_card(each.terms) for each in claimable],
        },
        {
            "title": pgettext("claim centre", "Not at this moment"),
            "total": len(others),
            "cards": [_refused(each) for each in others],
        },
    ]


def reasons_of(scene: Scene) -> list[dict[str, str]] | None:
    """Beside the claim centre: what this customer cannot claim, and why; None on other pages."""
    customer = scene.choices.customer
    if scene.choices.page != CLAIMS:
        return None
    offered = offers_for(customer.number, at=scene.at) if customer is not None else []
    return [
        {"title": each.terms.title, "detail": str(each.refusal)}
        for each in offered
        if each.refusal is not None
    ]


def _is_shown(each: Offered) -> bool:
    return not isinstance(each.refusal, OutsideAudience)


def _refused(each: Offered) -> Card:
    card = offered_card(each.terms)
    return replace(card, label=_stamp(each), is_open=False, rules=[])


def _stamp(each: Offered) -> str:
    if isinstance(each.refusal, LimitReached):
        return pgettext("claim centre", "Claimed")
    if isinstance(each.refusal, OutOfStock):
        return pgettext("claim centre", "All given out")
    if isinstance(each.refusal, NotLive) and each.starts_at is not None:
        day = timezone.localtime(each.starts_at).strftime("%m-%d")
        return pgettext("claim centre", "From %(day)s") % {"day": day}
    return pgettext("claim centre", "Not now")
