"""Stock and budget that a coupon no longer holds."""

from __future__ import annotations

from tenants.statements import fetch

_GIVE_BACK = """
    UPDATE {schema}.coupons_templateaccount
    SET held_count = held_count - :count, held_cents = held_cents - :face_cents
    WHERE template_id = :template_id AND held_count >= :count AND held_cents >= :face_cents
    RETURNING 1
"""


def give_back(template_id: int, face_cents: int, count: int = 1) -> None:
    """After the coupons themselves are changed: coupons are locked before accounts."""
    values = {"template_id": template_id, "face_cents": face_cents, "count": count}
    if not fetch(_GIVE_BACK, values):
        raise RuntimeError(f"template {template_id} holds less than its coupons")
