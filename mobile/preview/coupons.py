"""A coupon template under preview: its card before the claim, in the wallet, and used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import pgettext

from coupons.terms.cards import held_card, offered_card
from coupons.terms.reading import parse
from mobile.preview.screens import base_context

if TYPE_CHECKING:
    from mobile.preview.scenes import Scene


def coupon_context(scene: Scene) -> dict[str, Any]:
    proposal = scene.proposal
    assert proposal is not None
    terms = parse(0, 0, {**proposal.payload, "title": proposal.title})
    until = terms.until_after_claim(scene.at, terms.latest_use())
    face = terms.face_max_cents
    over = held_card(terms, face, until, label=pgettext("coupon card", "Used"), is_open=False)
    return {
        **base_context(scene),
        "offered": offered_card(terms) if terms.is_claimable else None,
        "held": held_card(terms, face, until),
        "over": replace(over, rules=[]),
    }
