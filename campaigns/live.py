"""What is published of a campaign, where events read it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.models import Campaign, CampaignAccount, CampaignTerms
from campaigns.taking.books import MARKS
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from publishing.models import Publication


def published(publication: Publication) -> None:
    """In the transaction of the publication: events follow it at once, without the edition."""
    campaign_id = Campaign.objects.values_list("pk", flat=True).get(uid=publication.target_id)
    if publication.action == PublicationAction.WITHDRAW or publication.payload is None:
        CampaignAccount.objects.filter(campaign=campaign_id).update(
            live_version=None, changed_at=publication.published_at
        )
        return
    payload = publication.payload
    CampaignTerms.objects.create(
        campaign_id=campaign_id,
        version=publication.version,
        terms={
            **payload,
            "title": publication.title,
            "starts_at": _text(publication.starts_at),
            "ends_at": _text(publication.ends_at),
            "audience": publication.audience,
            "branch_path": publication.branch_path,
        },
        published_at=publication.published_at,
    )
    live = {
        "uid": publication.target_id,
        "live_version": publication.version,
        "starts_at": publication.starts_at,
        "ends_at": publication.ends_at,
        "audience": publication.audience,
        "branch_path": publication.branch_path,
        "province_uid": payload["province"]["uid"] if payload["province"] else None,
        "budget_cents": payload["budget_cents"],
        "changed_at": publication.published_at,
    }
    CampaignAccount.objects.bulk_create(
        [CampaignAccount(campaign_id=campaign_id, **live)],
        update_conflicts=True,
        unique_fields=["campaign"],
        # What is committed and switched stays.
        update_fields=list(live),
    )
    _measure(CampaignAccount.objects.get(campaign=campaign_id))


def _measure(account: CampaignAccount) -> None:
    """Marks are of the budget that holds now: after a raise there is something left again."""
    percent = account.committed_cents * 100 // account.budget_cents
    mark = max((mark for mark in MARKS if percent >= mark), default=0)
    if mark < account.mark:
        CampaignAccount.objects.filter(pk=account.pk).update(mark=mark)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
