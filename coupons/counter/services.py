"""Redeeming at the counter of a branch, and taking it back there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coupons import services as coupons
from coupons.choices import Channel, LedgerAction
from coupons.counter.lookup import handed_out
from coupons.counter.rules import PERMISSION, branch_of, require_place
from coupons.counter.showing import terms_of_coupon
from coupons.errors import CounterRefused, UnknownCoupon
from coupons.life import actors
from coupons.models import Coupon, LedgerEntry
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

# How long the counter itself may take a redemption back; later, head office does.
REVERSAL_DAYS = 7


def redeem_at_counter(
    *,
    actor: Operator,
    coupon_id: int,
    business: str,
    reference: str,
    manager: str,
    key: str,
    order_cents: int | None = None,
    note: str = "",
    at: datetime | None = None,
) -> LedgerEntry:
    """The ledger row of the redemption; the same key again gives the same row."""
    at = at or timezone.now()
    require(actor, PERMISSION)
    branch, coupon = branch_of(actor), handed_out(coupon_id)
    terms = terms_of_coupon(coupon)
    if terms is None:
        raise UnknownCoupon(
            _("No customer has claimed this coupon yet. The customer claims it in the app.")
        )
    require_place(coupon, terms, branch)
    coupons.redeem_coupon(
        actor=actors.operator(actor, Channel.COUNTER),
        coupon_id=coupon_id,
        order_cents=order_cents,
        scene=business,
        reference=reference,
        manager=manager,
        branch=branch,
        note=note,
        key=key,
        at=at,
    )
    return _entry(coupon_id, LedgerAction.REDEEM, key, actor)


def reverse_at_counter(
    *, actor: Operator, entry_id: int, reason: str, key: str, at: datetime | None = None
) -> LedgerEntry:
    """Whole: half a gift does not come back. Only by the branch that redeemed."""
    at = at or timezone.now()
    require(actor, PERMISSION)
    branch = branch_of(actor)
    if not reason.strip():
        raise CounterRefused(_("Say why the redemption is taken back."))
    with transaction.atomic():
        redeemed, coupon_id = _redemption(entry_id)
        told = _told(coupon_id, key, actor)
        if told is not None:
            return told
        _require_reversible(redeemed, branch.path, at)
        coupons.reverse_coupon(
            actor=actors.operator(actor, Channel.COUNTER),
            coupon_id=coupon_id,
            reference=redeemed.reference,
            note=reason.strip(),
            branch=branch,
            key=key,
            at=at,
        )
        return _entry(coupon_id, LedgerAction.REVERSE, key, actor)


def why_not_reversible(entry: LedgerEntry, branch_path: str, at: datetime) -> str:
    """Empty = the counter may take it back now."""
    if entry.action != LedgerAction.REDEEM or entry.channel != Channel.COUNTER:
        return _("This is no redemption at a counter.")
    if entry.branch_path != branch_path:
        return _("Only the branch that redeemed the coupon takes the redemption back.")
    if entry.at <= at - timedelta(days=REVERSAL_DAYS):
        return _(
            "The counter takes redemptions back within %(days)d days; this one is older. "
            "Ask head office."
        ) % {"days": REVERSAL_DAYS}
    if _last_use(entry.coupon_id or 0) != entry.pk:
        return _("This redemption has been taken back already.")
    return ""


def _last_use(coupon_id: int) -> int | None:
    """The ledger row that says how the coupon stands: its latest redemption or reversal."""
    uses = LedgerEntry.objects.filter(
        coupon_id=coupon_id, action__in=[LedgerAction.REDEEM, LedgerAction.REVERSE]
    )
    return uses.order_by("-id").values_list("pk", flat=True).first()


def _redemption(entry_id: int) -> tuple[LedgerEntry, int]:
    """And its coupon, locked: nobody redeems it elsewhere while we look."""
    entry = LedgerEntry.objects.filter(pk=entry_id).first()
    if entry is None or entry.coupon_id is None:
        raise UnknownCoupon(_("There is no such redemption."))
    Coupon.objects.select_for_update(no_key=True).get(pk=entry.coupon_id)
    return entry, entry.coupon_id


def _require_reversible(entry: LedgerEntry, branch_path: str, at: datetime) -> None:
    sentence = why_not_reversible(entry, branch_path, at)
    if sentence:
        raise CounterRefused(sentence)


def _told(coupon_id: int, key: str, actor: Operator) -> LedgerEntry | None:
    return LedgerEntry.objects.filter(
        coupon_id=coupon_id, action=LedgerAction.REVERSE, idempotency_key=key, actor_id=actor.pk
    ).first()


def _entry(coupon_id: int, action: str, key: str, actor: Operator) -> LedgerEntry:
    return LedgerEntry.objects.get(
        coupon_id=coupon_id, action=action, idempotency_key=key, actor_id=actor.pk
    )
