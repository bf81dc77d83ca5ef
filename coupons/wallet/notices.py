"""What customers are to be told about their coupons, for the systems that tell them."""

from __future__ import annotations

from typing import Any

from django.db import connection

from coupons.life.documents import moment
from coupons.terms.reading import terms_of
from tenants.statements import fetch

_AFTER = """
    SELECT notice.id, notice.coupon_id, notice.customer_number, notice.kind, notice.at,
        coupon.template_id, coupon.terms_version, coupon.face_cents, coupon.valid_until
    FROM {schema}.coupons_couponnotice AS notice
    JOIN {schema}.coupons_coupon AS coupon ON coupon.id = notice.coupon_id
    WHERE notice.id > :after ORDER BY notice.id LIMIT :size
"""


def notices_after(after: int, *, size: int) -> list[dict[str, Any]]:
    return [_document(*row) for row in fetch(_AFTER, {"after": after, "size": size})]


def _document(
    notice_id: int, coupon_id: int, number: str, kind: str, at: Any,
    template_id: int, version: int, face_cents: int, valid_until: Any,
) -> dict[str, Any]:  # fmt: skip
    terms = terms_of(connection.schema_name, template_id, version)
    return {
        "id": notice_id,
        "kind": kind,
        "at": moment(at),
        "customer": number,
        "coupon": coupon_id,
        "template": terms.code,
        "name": terms.title,
        "face_cents": face_cents,
        "valid_until": moment(valid_until),
    }
