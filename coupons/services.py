"""The verbs of a coupon's life. Those of templates, batches, grants and settlement stand in their
own packages."""

from __future__ import annotations

from coupons.life.answers import Answered
from coupons.life.claims import claim_coupon, grant_coupon
from coupons.life.holds import freeze_coupon, unfreeze_coupon, void_coupon
from coupons.life.locks import lock_coupon, release_coupon
from coupons.life.redemptions import redeem_coupon
from coupons.life.reversals import reverse_coupon

__all__ = [
    "Answered", "claim_coupon", "freeze_coupon", "grant_coupon", "lock_coupon", "redeem_coupon",
    "release_coupon", "reverse_coupon", "unfreeze_coupon", "void_coupon",
]  # fmt: skip
