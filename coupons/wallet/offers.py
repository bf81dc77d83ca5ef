"""The claim centre: what a customer may claim now, and why not the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from coupons.errors import CouponRefused, NotLive
from coupons.life.documents import moment
from coupons.terms.reading import Terms, terms_of
from coupons.wallet.holdings import conditions_of
from coupons.wallet.reasons import (
    is_soon,
    reason_of,
    refusal_by_limits,
    refusal_to_claim,
    uses_of_claim,
    with_reset,
)
from coupons.wallet.situation import Offer, situation_of, used_of


@dataclass(frozen=True, slots=True)
class Offered:
    terms: Terms
    starts_at: datetime | None
    ends_at: datetime | None
    refusal: CouponRefused | None

    @property
    def document(self) -> dict[str, Any]:
        document = {
            **offer_document(self.terms),
            "starts_at": moment(self.starts_at),
            "ends_at": moment(self.ends_at),
        }
        return document if self.refusal is None else document | {"reason": reason_of(self.refusal)}


def offers_for(customer_number: str, *, at: datetime) -> list[Offered]:
    """Every template that customers claim themselves, those that this one may claim first. What
    begins later than in some days is not told yet."""
    situation = situation_of(customer_number, at=at, with_held=False)
    known = [(offer, live_terms(offer)) for offer in situation.offers]
    claimable = [(offer, terms) for offer, terms in known if terms.is_claimable]
    uses = {terms.template_id: uses_of_claim(terms, situation) for _offer, terms in claimable}
    used = used_of(use for each in uses.values() for use in each)
    offered = []
    for offer, terms in claimable:
        refusal = refusal_to_claim(offer, at)
        if refusal is None:
            reached = refusal_by_limits(uses[terms.template_id], used)
            refusal = with_reset(reached, at) if reached is not None else None
        if not isinstance(refusal, NotLive) or is_soon(refusal, at):
            offered.append(Offered(terms, offer.sight.starts_at, offer.sight.ends_at, refusal))
    return sorted(offered, key=lambda each: each.refusal is not None)


def live_terms(offer: Offer) -> Terms:
    sight = offer.sight
    assert sight.template_id is not None
    assert sight.live_version is not None
    return terms_of(connection.schema_name, sight.template_id, sight.live_version)


def offer_document(terms: Terms) -> dict[str, Any]:
    return {
        "template": terms.code,
        "name": terms.title,
        "kind": terms.kind,
        "face_min_cents": terms.face_min_cents,
        "face_max_cents": terms.face_max_cents,
        **conditions_of(terms),
        "valid_from": moment(terms.valid_from),
        "valid_until": moment(terms.valid_until),
        "days_after_claim": terms.days_after_claim,
        "rules": terms.rules,
    }
