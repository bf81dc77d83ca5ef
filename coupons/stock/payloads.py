"""What a checker is shown of a batch, frozen when it is submitted."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from coupons.errors import BatchRefused
from coupons.models import Batch, Coupon, TemplateAccount
from coupons.stock.codes import Vault, masked
from tenants.encryption import CannotDecrypt

SHOWN_ROWS = 10
SHOWN_REASONS = 20


def payload_of(
    batch: Batch, found: dict[str, int], account: TemplateAccount | None
) -> dict[str, Any]:
    return {
        "schema": 1,
        "template": {
            "id": batch.template_id,
            "code": batch.template.code,
            "title": batch.template.title,
            "version": account.live_version if account is not None else None,
        },
        "batch": batch.name,
        "origin": batch.origin,
        **totals(found),
        "file_name": batch.file_name,
        "sha256": batch.file_sha256,
        "all_or_nothing": batch.all_or_nothing,
        "rows": batch.rows,
        "duplicates": batch.duplicates,
        "rejected": batch.rejected,
        "reasons": list(batch.outcome.get("reasons", []))[:SHOWN_REASONS],
        "first_rows": _first_rows(batch.pk),
    }


def totals(found: dict[str, int]) -> dict[str, int]:
    return {
        name: found[name] for name in ("count", "total_cents", "min_cents", "max_cents", "owned")
    }


def _first_rows(batch_id: int) -> list[dict[str, Any]]:
    """As they may be shown to anybody: the codes masked."""
    vault = Vault()
    coupons = Coupon.objects.filter(batch_id=batch_id).select_related("branch").order_by("pk")
    return [
        {
            "row": coupon.row,
            "shown": _masked_code(vault, coupon),
            "face_cents": coupon.face_cents,
            "valid_from": coupon.valid_from.isoformat() if coupon.valid_from else None,
            "valid_until": coupon.valid_until.isoformat(),
            "branch": coupon.branch.name if coupon.branch is not None else "",
            "customer": coupon.customer_number,
        }
        for coupon in coupons[:SHOWN_ROWS]
    ]


def _masked_code(vault: Vault, coupon: Coupon) -> str:
    try:
        return masked(vault.open(coupon.code_key, bytes(coupon.secret)).code)
    except CannotDecrypt as error:
        raise BatchRefused(
            _("The code of row %(row)s does not open: discard the batch, and import it again.")
            % {"row": coupon.row},
            code="code_unreadable",
        ) from error
