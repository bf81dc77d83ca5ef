"""What is published of a product, where reservations read it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from publishing.models import Publication


def published(publication: Publication) -> None:
    """In the transaction of the publication: reservations follow it at once."""
    product_id = ZoneProduct.objects.values_list("pk", flat=True).get(uid=publication.target_id)
    if publication.action == PublicationAction.WITHDRAW or publication.payload is None:
        ProductAccount.objects.filter(product=product_id).update(
            live_version=None, changed_at=publication.published_at
        )
        return
    payload = publication.payload
    ProductTerms.objects.create(
        product_id=product_id,
        version=publication.version,
        terms={**payload, "title": publication.title},
        published_at=publication.published_at,
    )
    live = {
        "uid": publication.target_id,
        "type_code": payload["type"],
        "live_version": publication.version,
        "starts_at": publication.starts_at,
        "ends_at": publication.ends_at,
        "audience": publication.audience,
        "branch_path": publication.branch_path,
        "sale_starts_at": _moment(payload["sale_starts_at"]),
        "sale_ends_at": _moment(payload["sale_ends_at"]),
        "changed_at": publication.published_at,
        **{name: payload[name] for name in _PLAIN},
    }
    ProductAccount.objects.bulk_create(
        [ProductAccount(product_id=product_id, **live)],
        update_conflicts=True,
        unique_fields=["product"],
        # What is reserved stays.
        update_fields=list(live),
    )


_PLAIN = ("risk_level", "quota", "unit_cents", "most_per_customer", "hold_minutes")


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
