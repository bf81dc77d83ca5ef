"""Rewards that were written down are given, and given ones taken back: each exactly once.

One reward is one transaction: its row is locked, the coupon changes hands and the row says so
together. A worker that dies in between leaves everything as it was. Where the budget changes, the
campaign's account is locked before the reward, as everywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from campaigns import events
from campaigns.choices import EffectKind, EffectState, LedgerEntryKind, Refusal
from campaigns.effects.statements import WRITE_BOOKS
from campaigns.models import Effect, Event, Participation
from campaigns.taking import backward
from campaigns.taking.books import Books
from campaigns.taking.retrying import retried
from coupons import services as coupons
from coupons.errors import (
    AlreadyRedeemed,
    CouponRefused,
    Expired,
    Frozen,
    LockedElsewhere,
    OutOfStock,
    Voided,
)
from coupons.life import actors
from customers.tagging import tag_customer, untag_customer
from tenants.statements import fetch

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
# A stock may be filled up, a batch unfrozen, a payment come to its end.
WAIT = timedelta(minutes=10)
SHORT_WAIT = timedelta(minutes=1)
AT_ONCE = 200


@dataclass(slots=True)
class Applied:
    """What one run did."""

    given: int = 0
    taken_back: int = 0
    failed: int = 0
    later: int = 0

    @property
    def number(self) -> int:
        return self.given + self.taken_back + self.failed + self.later


def apply_due(*, at: datetime, most: int = AT_ONCE) -> Applied:
    """The rewards that are due, oldest first; others may work beside us."""
    done = Applied()
    due = Effect.objects.filter(due_at__isnull=False, due_at__lte=at)
    for effect_id in list(due.order_by("due_at", "id").values_list("pk", flat=True)[:most]):
        _try(effect_id, at, done)
    if done.given or done.taken_back or done.failed:
        told = {
            "given": done.given, "taken_back": done.taken_back, "failed": done.failed,
            "later": done.later,
        }  # fmt: skip
        with transaction.atomic():
            record(events.EFFECTS_APPLIED, actor=None, after=told, at=at)
    return done


def apply_of(participation_id: UUID, at: datetime) -> Applied:
    """Those of one participation, for a customer who waits; what does not succeed stays due."""
    done = Applied()
    found = Effect.objects.filter(participation=participation_id, due_at__lte=at)
    for effect_id in list(found.order_by("position").values_list("pk", flat=True)):
        _try(effect_id, at, done)
    return done


def _try(effect_id: UUID, at: datetime, done: Applied) -> None:
    """One that breaks holds up no other: it is tried again later, and the log says why."""
    try:
        apply_effect(effect_id, at, done)
    except Exception:
        logger.exception("campaigns: reward %s was not applied", effect_id)
        Effect.objects.filter(pk=effect_id, due_at__lte=at).update(due_at=at + WAIT)
        done.later += 1


class _NeedsAccount(Exception):
    """The budget changes after all, and its account must be locked before the reward."""


def apply_effect(effect_id: UUID, at: datetime, done: Applied | None = None) -> None:
    done = done if done is not None else Applied()
    try:
        retried(lambda: _in_one(effect_id, at, done))
    except _NeedsAccount:
        retried(lambda: _in_one(effect_id, at, done, with_account=True))


@transaction.atomic
def _in_one(effect_id: UUID, at: datetime, done: Applied, *, with_account: bool = False) -> None:
    seen = Effect.objects.filter(pk=effect_id, due_at__lte=at).first()
    if seen is None:
        return
    books = Books(at)
    # Giving a coupon of one value changes no budget.
    if with_account or seen.state == EffectState.RETURNING or _varies(seen):
        books.lock([seen.campaign_id])
    rows = Effect.objects.select_for_update(no_key=True, skip_locked=True)
    effect = rows.filter(pk=effect_id, due_at__lte=at).first()
    if effect is None or effect.attempts != seen.attempts or effect.state != seen.state:
        return
    if effect.state == EffectState.PENDING:
        _give(effect, books, at, done)
    elif effect.state == EffectState.RETURNING:
        _take_back(effect, books, at, done)
    if books.accounts or books.has_figures:
        fetch(WRITE_BOOKS, {**books.parameters(), "counters": books.returned()})


def _varies(effect: Effect) -> bool:
    """Whether what it costs is only known when it is given."""
    return effect.kind == EffectKind.GRANT_FROM_POOL


# --- giving --------------------------------------------------------------------------------------
def _give(effect: Effect, books: Books, at: datetime, done: Applied) -> None:
    try:
        with transaction.atomic():
            coupon = _given(effect, at)
            _require_paid(effect, coupon, books)
    except CouponRefused as refusal:
        _not_given(effect, refusal, books, at, done)
        return
    worth = coupon["face_cents"] if coupon else 0
    effect.coupon_id = int(coupon["id"]) if coupon else None
    if coupon and worth != effect.cost_cents:
        _settle(effect, worth, books, at)
    _save(effect, EffectState.APPLIED, None, applied_at=at)
    if coupon:
        day, path = _place_of(effect)
        books.figure(effect.campaign_id, day, path, claims=1)
    done.given += 1


def _given(effect: Effect, at: datetime) -> Mapping[str, Any] | None:
    """The coupon's document; None when the reward is none."""
    if effect.kind == EffectKind.TAG_CUSTOMER:
        effect.parameters = {
            **effect.parameters,
            "added": tag_customer(effect.customer_number, effect.parameters["tag"]),
        }
        return None
    refusal: CouponRefused | None = None
    for place, template_id in enumerate(_templates(effect)):
        try:
            return coupons.grant_coupon(
                actor=actors.job("campaign"), customer_number=effect.customer_number,
                template_id=template_id, key=f"campaign-{effect.pk}-{effect.attempts}-{place}",
                at=at,
            ).body  # fmt: skip
        except CouponRefused as error:
            refusal = refusal or error
    assert refusal is not None
    raise refusal


def _templates(effect: Effect) -> list[int]:
    """The one that is given; of a pool the drawn one first, then the others in their order."""
    if effect.kind == EffectKind.GRANT_COUPON:
        return [effect.parameters["template"]]
    pool = effect.parameters["templates"]
    total = sum(each["weight"] for each in pool)
    # The same for every attempt and every process.
    drawn = int.from_bytes(blake2b(effect.pk.bytes, digest_size=8).digest()) % total
    first = 0
    while drawn >= pool[first]["weight"]:
        drawn -= pool[first]["weight"]
        first += 1
    return [each["template"] for each in [*pool[first:], *pool[:first]]]


def _require_paid(effect: Effect, coupon: Mapping[str, Any] | None, books: Books) -> None:
    """The template may have become worth more since the event: what is missing must be left."""
    more = coupon["face_cents"] - effect.cost_cents if coupon else 0
    if more <= 0:
        return
    if not books.accounts:
        raise _NeedsAccount
    if more > books.accounts[effect.campaign_id].left_cents:
        raise CouponRefused(Refusal.BUDGET.label)


def _settle(effect: Effect, worth: int, books: Books, at: datetime) -> None:
    """The coupon is not worth what was set aside: the rest goes back, or more is taken."""
    if not books.accounts:
        raise _NeedsAccount
    day, path = _place_of(effect)
    more = worth - effect.cost_cents
    books.enter(
        LedgerEntryKind.COMMIT if more > 0 else LedgerEntryKind.SETTLE, effect.campaign_id, more,
        participation_id=effect.participation_id, effect_id=effect.pk, branch_path=path, day=day,
    )  # fmt: skip
    effect.cost_cents = worth


def _not_given(
    effect: Effect, refusal: CouponRefused, books: Books, at: datetime, done: Applied
) -> None:
    effect.attempts += 1
    effect.problem = str(refusal)[:300]
    may_come = isinstance(refusal, OutOfStock | Frozen)
    if may_come and effect.attempts < MOST_ATTEMPTS:
        _save(effect, EffectState.PENDING, at + WAIT * 2 ** (effect.attempts - 1))
        done.later += 1
        return
    if not books.accounts:
        raise _NeedsAccount
    _release(effect, books, at)
    _save(effect, EffectState.FAILED, None)
    done.failed += 1


# --- taking back ---------------------------------------------------------------------------------
def _take_back(effect: Effect, books: Books, at: datetime, done: Applied) -> None:
    if effect.kind == EffectKind.TAG_CUSTOMER:
        if effect.parameters.get("added"):
            untag_customer(effect.customer_number, effect.parameters["tag"])
        _returned(effect, books, at, done)
        return
    assert effect.coupon_id is not None
    try:
        with transaction.atomic():
            coupons.void_coupon(
                actor=actors.job("campaign"), coupon_id=effect.coupon_id,
                note=str(_("The event behind it was reversed.")),
                key=f"campaign-back-{effect.pk}-{effect.attempts}", at=at,
            )  # fmt: skip
    except LockedElsewhere as refusal:
        # A payment is under way with it.
        effect.attempts += 1
        effect.problem = str(refusal)[:300]
        _save(effect, EffectState.RETURNING, at + SHORT_WAIT)
        done.later += 1
        return
    except AlreadyRedeemed as refusal:
        effect.problem = str(refusal)[:300]
        _save(effect, EffectState.KEPT, None)
        done.taken_back += 1
        return
    except (Voided, Expired):
        pass
    _returned(effect, books, at, done)


def _returned(effect: Effect, books: Books, at: datetime, done: Applied) -> None:
    _release(effect, books, at)
    if effect.coupon_id is not None:
        day, path = _place_of(effect)
        books.figure(effect.campaign_id, day, path, claims=-1)
    _save(effect, EffectState.TAKEN_BACK, None)
    _return_uses(effect, books)
    done.taken_back += 1


def _return_uses(effect: Effect, books: Books) -> None:
    """When the last reward is back, the customer has room under the limits again."""
    others = Effect.objects.filter(participation=effect.participation_id).exclude(pk=effect.pk)
    held = (EffectState.APPLIED, EffectState.RETURNING, EffectState.KEPT, EffectState.PENDING)
    if others.filter(state__in=held).exists():
        return
    part = Participation.objects.select_related("event").get(pk=effect.participation_id)
    event: Event = part.event
    backward.return_uses(
        books,
        backward.Participated(
            part.pk, part.campaign_id, part.terms_version, event.pk, part.cost_cents
        ),
        backward.Original(
            event.pk, event.kind, event.customer_number, event.branch_path, event.occurred_at,
            event.amount_cents, event.scene, event.reversed_cents, event.is_reversed, False,
            event.outcome,
        ),
    )  # fmt: skip


def _release(effect: Effect, books: Books, at: datetime) -> None:
    day, path = _place_of(effect)
    books.enter(
        LedgerEntryKind.RELEASE, effect.campaign_id, -effect.cost_cents,
        participation_id=effect.participation_id, effect_id=effect.pk, branch_path=path, day=day,
    )  # fmt: skip


def _place_of(effect: Effect) -> tuple[Any, str]:
    """Day and branch of the event: where the books have it."""
    from customers.weeks import SHANGHAI

    part = Participation.objects.only("occurred_at", "branch_path").get(pk=effect.participation_id)
    return part.occurred_at.astimezone(SHANGHAI).date(), part.branch_path


def _save(effect: Effect, state: EffectState, due_at: datetime | None, **more: Any) -> None:
    Effect.objects.filter(pk=effect.pk).update(
        state=state, due_at=due_at, attempts=effect.attempts, problem=effect.problem,
        coupon_id=effect.coupon_id, cost_cents=effect.cost_cents, parameters=effect.parameters,
        **more,
    )  # fmt: skip
