"""Why something about coupons is refused. ``code`` of a ``CouponRefused`` is the closed list that
channels and partners program against; never reuse one for another reason."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise

from audit.errors import DomainError


class CouponRefused(DomainError):
    """``facts`` name the failing condition for machines, e.g. {"limit": 1, "period": "day"}."""

    code = "coupon_refused"
    # Told before, under the same idempotency key.
    replayed = False

    def __init__(self, message: str | Promise, *, code: str = "", **facts: Any) -> None:
        super().__init__(message, code=code)
        self.facts = facts


class UnknownTemplate(CouponRefused):
    code = "unknown_template"
    http_status = 404


class UnknownCoupon(CouponRefused):
    """No such coupon, or another customer's."""

    code = "unknown_coupon"
    http_status = 404


class NotClaimable(CouponRefused):
    """Customers do not claim this one themselves."""

    code = "not_claimable"


class NotLive(CouponRefused):
    """Withdrawn, not begun (``not_started``) or over (``ended``)."""

    code = "not_live"


class OutsideAudience(CouponRefused):
    code = "outside_audience"


class OutOfStock(CouponRefused):
    code = "out_of_stock"


class LimitReached(CouponRefused):
    """``facts``: action, measure, period, per, limit."""

    code = "limit_reached"
    template_id = 0


class NotYetValid(CouponRefused):
    code = "not_yet_valid"


class Expired(CouponRefused):
    code = "expired"


class BelowThreshold(CouponRefused):
    """``facts``: threshold_cents, missing_cents."""

    code = "below_threshold"


class WrongScene(CouponRefused):
    code = "wrong_scene"


class WrongBranch(CouponRefused):
    code = "wrong_branch"


class WrongChannel(CouponRefused):
    """Only at the counter, or only in the app."""

    code = "wrong_channel"


class LockedElsewhere(CouponRefused):
    """Locked for another payment."""

    code = "locked"


class NotLocked(CouponRefused):
    code = "not_locked"


class AlreadyRedeemed(CouponRefused):
    code = "already_redeemed"


class NotRedeemed(CouponRefused):
    code = "not_redeemed"


class BadAmount(CouponRefused):
    """More than was redeemed, or nothing."""

    code = "bad_amount"


class Frozen(CouponRefused):
    """The coupon, or its whole batch."""

    code = "frozen"


class Voided(CouponRefused):
    """Voided or recalled."""

    code = "voided"


class KeyReused(CouponRefused):
    """The idempotency key was used with another payload."""

    code = "idempotency_key_reused"
    http_status = 422


class KeyRequired(CouponRefused):
    code = "idempotency_key_required"
    http_status = 400


class BadTemplate(DomainError):
    """``field`` says where the form shows it."""

    code = "bad_coupon_template"
    http_status = 400

    def __init__(self, message: str | Promise, *, field: str = "", code: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field


class TemplateKept(DomainError):
    """Deleting would lose something: a publication, or what a checker is looking at."""

    code = "coupon_template_kept"


class BatchRefused(DomainError):
    """A step that this batch cannot take now."""

    code = "batch_refused"


class GrantRefused(DomainError):
    code = "grant_refused"


class ReconciliationRefused(DomainError):
    code = "reconciliation_refused"


class QrExpired(CouponRefused):
    """What the customer showed at the counter was valid, and is too old."""

    code = "qr_expired"


class LookupsPaused(DomainError):
    """Too many look-ups at the counter found nothing."""

    code = "lookups_paused"
    http_status = 429


class CounterRefused(DomainError):
    """What the counter cannot do here, or not any more."""

    code = "counter_refused"


class ExportRefused(DomainError):
    code = "export_refused"
