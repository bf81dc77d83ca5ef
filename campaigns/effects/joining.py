"""Customers who take part on a campaign's page, and get their reward at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.choices import EventKind, Refusal
from campaigns.effects.applying import apply_of
from campaigns.errors import KeyRequired, KeyReused, NotRewarded, UnknownCampaign
from campaigns.models import Effect, Event, Participation
from campaigns.rules.live import live_rules
from campaigns.rules.occasions import occasion_of
from campaigns.taking.forward import take_forward
from campaigns.taking.given import GivenEvent, Source, key_of
from campaigns.taking.people import read_people
from coupons.life.documents import moment

MOST_KEY = 100


@dataclass(frozen=True, slots=True)
class Joined:
    body: dict[str, Any] = field(default_factory=dict)
    # Given before, under the same key.
    replayed: bool = False


def join_campaign(
    *, customer_number: str, campaign_uid: UUID, key: str, at: datetime | None = None
) -> Joined:
    """The customer takes part on the campaign's page. Raises ``UnknownCampaign``, ``NotRewarded``
    (with the reason), ``KeyReused``. A second call with the key gives the same participation."""
    at = at or timezone.now()
    if not (0 < len(key) <= MOST_KEY and key.isascii() and key.isprintable()):
        raise KeyRequired(
            _("Send an Idempotency-Key of 1 to 100 printable ASCII characters with every change.")
        )
    # A digest: the key may be long and hold blanks, an event's id may not.
    name = blake2b(key.encode(), digest_size=16).hexdigest()
    event = GivenEvent(f"{customer_number}:{name}", EventKind.JOINED, customer_number, at)
    known = _joined_before(event, campaign_uid)
    if known is not None:
        return known
    _require_open(customer_number, campaign_uid, at)
    source = Source("page", str(campaign_uid))
    (case,) = take_forward(source, [event], at, only=campaign_uid)
    if case.standing != "new":
        known = _joined_before(event, campaign_uid)
        assert known is not None
        return known
    if not case.results:
        raise _refusal(Refusal.ENDED)
    result = case.results[0]
    if result["refusal"]:
        raise _refusal(result["refusal"], result["detail"])
    apply_of(UUID(result["id"]), at)
    return Joined(_body(campaign_uid, UUID(result["id"])))


def _require_open(customer_number: str, campaign_uid: UUID, at: datetime) -> None:
    """What does not hold is told before anything is stored."""
    people = read_people([customer_number])
    versions = live_rules(people.number, at).by_uid.get(campaign_uid)
    if versions is None:
        raise UnknownCampaign(_("There is no such campaign."))
    rule, subject = versions[-1], people.of(customer_number)
    if not subject.facts.branch_path.startswith(rule.branch_path):
        raise UnknownCampaign(_("There is no such campaign."))
    if EventKind.JOINED not in rule.events:
        raise _refusal(Refusal.NOT_JOINABLE)
    if rule.counts_times:
        return
    refusal = rule.refusal(occasion_of(EventKind.JOINED, at, 0, "", subject), at, 0)
    if refusal is not None:
        raise _refusal(refusal)


def _refusal(reason: str, detail: str = "") -> NotRewarded:
    sentence = _("You cannot take part now: %(reason)s.") % {"reason": Refusal(reason).label}
    return NotRewarded(sentence, code=str(reason), limit=detail)


def _joined_before(event: GivenEvent, campaign_uid: UUID) -> Joined | None:
    """The key belongs to the first campaign it came with."""
    row = Event.objects.filter(pk=key_of(Source("page", ""), event.event_id)).first()
    if row is None:
        return None
    if row.source != str(campaign_uid):
        raise KeyReused(
            _("This Idempotency-Key was used for another request; use a new key for a new change.")
        )
    part = Participation.objects.filter(event=row.pk).order_by("id").first()
    if part is None or part.refusal:
        raise _refusal(part.refusal if part else Refusal.ENDED, part.detail if part else "")
    apply_of(part.pk, timezone.now())
    return Joined(_body(campaign_uid, part.pk), replayed=True)


def _body(campaign_uid: UUID, participation_id: UUID) -> dict[str, Any]:
    part = Participation.objects.get(pk=participation_id)
    effects = Effect.objects.filter(participation=participation_id).order_by("position")
    return {
        "id": str(part.pk),
        "campaign": str(campaign_uid),
        "state": part.state,
        "at": moment(part.at),
        "rewards": [reward_document(effect) for effect in effects],
    }


def reward_document(effect: Effect) -> dict[str, Any]:
    """As the channel API tells it."""
    return {
        "kind": effect.kind,
        "state": effect.state,
        "coupon": effect.coupon_id,
        "tag": effect.parameters.get("tag", ""),
    }
