"""A campaign's page: what it offers, what is left of it, and what one customer has had of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from campaigns.choices import EffectKind, EventKind, LimitPer
from campaigns.models import CampaignAccount, Effect, Participation
from campaigns.rules.wording import describe_limit
from coupons.models import TemplateAccount
from coupons.terms.reading import terms_of
from coupons.wallet.holdings import Held, document_of
from coupons.wallet.pages import coupons_of
from mobile.switches import ALL_MARKS, state_of

if TYPE_CHECKING:
    from coupons.terms.reading import Terms

PLENTY, LITTLE, NOTHING = "plenty", "little", "nothing"
LEFT = (PLENTY, LITTLE, NOTHING)
# Percent of the budget that is committed when customers are told to hurry.
NEARLY = 80
# The newest; nobody scrolls through more on a phone.
MOST = 20


@dataclass(frozen=True, slots=True)
class Mine:
    """What one customer has had of one campaign, the newest first."""

    participations: Sequence[Participation]
    # By participation, in their order.
    effects: Mapping[Any, Sequence[Effect]]
    # By their ids.
    coupons: Mapping[int, Held]


NOBODYS = Mine((), {}, {})


def account_of(uid: str) -> CampaignAccount | None:
    """None: it was never published."""
    return CampaignAccount.objects.filter(uid=uid).first()


def mine_of(campaign_id: int, customer_number: str, at: datetime) -> Mine:
    if not customer_number:
        return NOBODYS
    mine = Participation.objects.filter(campaign=campaign_id, customer_number=customer_number)
    participations = list(mine.order_by("-at", "-id")[:MOST])
    effects: dict[Any, list[Effect]] = defaultdict(list)
    ids = [each.pk for each in participations]
    for effect in Effect.objects.filter(participation__in=ids).order_by("position"):
        effects[effect.participation_id].append(effect)
    given = [each.coupon_id for some in effects.values() for each in some if each.coupon_id]
    return Mine(participations, effects, coupons_of(customer_number, given, at=at))


# --- as documents ---------------------------------------------------------------------------------
def page_document(
    summary: Mapping[str, Any], payload: Mapping[str, Any], account: CampaignAccount, mine: Mine
) -> dict[str, Any]:
    return {
        **summary,
        "state": state_of(account.run_state, is_used_up=left_of(account) == NOTHING),
        "rules": payload["rules"],
        "can_join": EventKind.JOINED in payload["events"],
        "events": payload["events"],
        "left": left_of(account),
        "limits": limits_in_words(payload),
        "rewards": rewards_of(payload),
        "participations": [
            participation_document(each, mine.effects.get(each.pk, ()))
            for each in mine.participations
        ],
        "coupons": [document_of(each) for each in mine.coupons.values()],
    }


def left_of(account: CampaignAccount) -> str:
    if account.mark >= ALL_MARKS or account.committed_cents >= account.budget_cents:
        return NOTHING
    return LITTLE if account.committed_cents * 100 >= account.budget_cents * NEARLY else PLENTY


def limits_in_words(payload: Mapping[str, Any]) -> list[str]:
    """Those that a customer can count."""
    return [
        describe_limit(limit) for limit in payload["limits"] if limit["per"] == LimitPer.CUSTOMER
    ]


def rewards_of(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tags are nothing to customers."""
    known = {terms.template_id: terms for terms in templates_of(payload)}
    return [
        {
            "kind": effect["kind"],
            "coupons": [_offer(known[each]) for each in named_by(effect) if each in known],
        }
        for effect in payload["effects"]
        if effect["kind"] != EffectKind.TAG_CUSTOMER
    ]


def templates_of(payload: Mapping[str, Any]) -> list[Terms]:
    """The live terms of the coupons that a campaign gives, in its order."""
    ids = [each for effect in payload["effects"] for each in named_by(effect)]
    live = TemplateAccount.objects.filter(template__in=ids, live_version__isnull=False)
    versions = dict(live.values_list("template_id", "live_version"))
    return [
        terms_of(connection.schema_name, each, version)
        for each in dict.fromkeys(ids)
        if (version := versions.get(each)) is not None
    ]


def named_by(effect: Mapping[str, Any]) -> list[int]:
    """Ids of templates."""
    if effect["kind"] == EffectKind.GRANT_COUPON:
        return [effect["template"]]
    if effect["kind"] == EffectKind.GRANT_FROM_POOL:
        return [each["template"] for each in effect["templates"]]
    return []


def _offer(terms: Terms) -> dict[str, Any]:
    return {
        "template": terms.code,
        "name": terms.title,
        "kind": terms.kind,
        "face_min_cents": terms.face_min_cents,
        "face_max_cents": terms.face_max_cents,
        "threshold_cents": terms.threshold_cents,
    }


def participation_document(each: Participation, effects: Sequence[Effect]) -> dict[str, Any]:
    return {
        "id": each.pk,
        "state": each.state,
        "refusal": each.refusal,
        "occurred_at": each.occurred_at,
        "rewards": [
            {"kind": effect.kind, "state": effect.state, "coupon": effect.coupon_id}
            for effect in effects
            if effect.kind != EffectKind.TAG_CUSTOMER
        ],
    }
