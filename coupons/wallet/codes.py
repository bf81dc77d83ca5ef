"""The code of a coupon, for its holder.

Third-party codes and codes for the counter are the customer's own: without them the coupon is
worth nothing. They are told one at a time and only while the coupon is good (or used), and no
trail is kept of it: a customer who looks at what is theirs is no event. Operators' looks are.
"""

from __future__ import annotations

from coupons.choices import CouponKind
from coupons.stock.codes import Secret, Vault
from coupons.wallet.choices import WalletState
from coupons.wallet.holdings import Held
from tenants.statements import fetch

_TOLD = frozenset({WalletState.USABLE, WalletState.LOCKED, WalletState.REDEEMED})
_CELL = """
    SELECT code_key, secret FROM {schema}.coupons_coupon
    WHERE id = :coupon_id AND customer_number = :number
"""


def secret_for_holder(held: Held) -> Secret | None:
    """None = the customer does not need the code (any more)."""
    terms = held.row.terms
    is_needed = terms.kind == CouponKind.THIRD_PARTY or terms.is_at_counter
    if not is_needed or held.state not in _TOLD:
        return None
    rows = fetch(_CELL, {"coupon_id": held.row.id, "number": held.row.customer_number})
    return Vault().open(rows[0][0], bytes(rows[0][1])) if rows else None
