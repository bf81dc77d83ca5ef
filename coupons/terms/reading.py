"""The terms of a published template version, read once per process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from coupons.choices import Bearer, CouponKind, RedeemedAt, Validity
from coupons.models import TemplateTerms

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Later than any coupon is valid, and still a date in every time zone.
FAR_FUTURE = datetime(2999, 12, 31, tzinfo=SHANGHAI)
WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    action: str
    measure: str
    period: str
    per: str
    # Coupons, or cents.
    limit: int

    @property
    def rule(self) -> str:
        return f"{self.action}:{self.measure}:{self.period}:{self.per}"


@dataclass(frozen=True, slots=True)
class Terms:
    """Fields as in ``CouponTemplate``."""

    template_id: int
    version: int
    title: str
    code: str
    kind: str
    face_min_cents: int
    face_max_cents: int
    rate_bp: int
    threshold_cents: int
    scenes: frozenset[str]
    validity: str
    valid_from: datetime | None
    valid_until: datetime | None
    days_after_claim: int | None
    limits: tuple[Limit, ...]
    stacking_group: str
    bearers: Mapping[str, Any]
    code_pattern: str
    redeemed_at: str
    is_claimable: bool
    lock_minutes: int
    rules: str

    def limits_of(self, action: str) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.action == action)

    @property
    def is_online(self) -> bool:
        return self.redeemed_at != RedeemedAt.COUNTER

    @property
    def is_at_counter(self) -> bool:
        return self.redeemed_at != RedeemedAt.ONLINE

    @property
    def reduces_payment(self) -> bool:
        """Whether something is taken off a payment; else the coupon is used up as a whole."""
        return self.kind in (CouponKind.SPEND_AND_SAVE, CouponKind.DISCOUNT)

    def worth(self, face_cents: int, order_cents: int | None) -> int:
        """What using the coupon costs its bearers, in cents; for a payment, what is taken off it.
        A discount is rounded down to the cent, never above the payment."""
        if self.kind == CouponKind.DISCOUNT:
            return min((order_cents or 0) * self.rate_bp // WHOLE, face_cents)
        if self.kind == CouponKind.SPEND_AND_SAVE:
            return min(face_cents, order_cents or 0)
        return face_cents

    def latest_use(self) -> datetime:
        """Before the claim: until when a stocked coupon can be valid at all."""
        return self.valid_until or FAR_FUTURE

    def until_after_claim(self, claimed_at: datetime, stocked_until: datetime) -> datetime:
        """Exclusive end of a coupon that is claimed now: whole days of Shanghai."""
        if self.validity != Validity.AFTER_CLAIM or self.days_after_claim is None:
            return stocked_until
        day = claimed_at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return min(day + timedelta(days=self.days_after_claim + 1), stocked_until)

    def split(self, cents: int) -> tuple[int, int, int]:
        """Shares of province, bank and merchant; what rounding leaves over is the bank's, unless
        it bears nothing."""
        shares = [int(self.bearers.get(bearer, 0)) for bearer in Bearer.values]
        parts = [cents * share // WHOLE for share in shares]
        taker = 1 if shares[1] else shares.index(max(shares))
        parts[taker] += cents - sum(parts)
        return parts[0], parts[1], parts[2]


def terms_of(schema_name: str, template_id: int, version: int) -> Terms:
    """``schema_name`` is the current one: it keeps banks apart in the memory of the process."""
    return _terms_of(schema_name, template_id, version)


@lru_cache(maxsize=4096)
def _terms_of(schema_name: str, template_id: int, version: int) -> Terms:
    row = TemplateTerms.objects.get(template_id=template_id, version=version)
    return parse(row.template_id, row.version, row.terms)


def forget() -> None:
    """For tests, whose versions are taken back."""
    _terms_of.cache_clear()


def parse(template_id: int, version: int, document: Mapping[str, Any]) -> Terms:
    given = {name: document[name] for name in _PLAIN}
    return Terms(
        template_id=template_id,
        version=version,
        scenes=frozenset(document["scenes"]),
        valid_from=_moment(document["valid_from"]),
        valid_until=_moment(document["valid_until"]),
        limits=tuple(Limit(**limit) for limit in document["limits"]),
        **given,
    )


_PLAIN = (
    "title", "code", "kind", "face_min_cents", "face_max_cents", "rate_bp", "threshold_cents",
    "validity", "days_after_claim", "stacking_group", "bearers", "code_pattern", "redeemed_at",
    "is_claimable", "lock_minutes", "rules",
)  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
