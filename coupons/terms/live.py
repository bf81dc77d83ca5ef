"""What is published of a template, where claims and batches read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coupons.models import CouponTemplate, TemplateAccount, TemplateTerms
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from publishing.models import Publication


def published(publication: Publication) -> None:
    """In the transaction of the publication: claims follow it at once, without the edition."""
    template_id = _template_of(publication)
    if publication.action == PublicationAction.WITHDRAW or publication.payload is None:
        TemplateAccount.objects.filter(template=template_id).update(
            live_version=None, changed_at=publication.published_at
        )
        return
    payload = publication.payload
    TemplateTerms.objects.create(
        template_id=template_id,
        version=publication.version,
        terms={**payload, "title": publication.title},
        published_at=publication.published_at,
    )
    live = {
        "code": payload["code"],
        "live_version": publication.version,
        "starts_at": publication.starts_at,
        "ends_at": publication.ends_at,
        "audience": publication.audience,
        "branch_path": publication.branch_path,
        "stock_limit": payload["stock_limit"],
        "budget_cents": payload["budget_cents"],
        "changed_at": publication.published_at,
    }
    TemplateAccount.objects.bulk_create(
        [TemplateAccount(template_id=template_id, **live)],
        update_conflicts=True,
        unique_fields=["template"],
        # What batches hold stays.
        update_fields=list(live),
    )


def _template_of(publication: Publication) -> int:
    return CouponTemplate.objects.values_list("pk", flat=True).get(uid=publication.target_id)
