"""What the province binds of a bank's campaign that carries out one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from campaigns.models import Campaign

if TYPE_CHECKING:
    from campaigns.designing.content import CampaignContent


def check_locks(content: CampaignContent, payload: Mapping[str, Any]) -> None:
    """Raises ``BadCampaign`` naming the field that the province has locked."""
    if payload:
        from campaigns.province import locks

        locks.check_locks(content, payload)


def refuse_pulled(campaign_uid: str) -> None:
    """Raises ``PulledBack`` while the province has pulled its wave back; then nothing of it may be
    published or run. Makes a pull that comes meanwhile wait for the commit."""
    province_uid = Campaign.objects.filter(uid=campaign_uid).values_list("province_uid", flat=True)
    if uid := province_uid.first():
        from campaigns.province import reading

        reading.refuse_pulled(uid)


def locked_fields(draft: Campaign) -> frozenset[str]:
    if not draft.province_payload:
        return frozenset()
    from campaigns.province import locks

    return frozenset(locks.locked_fields(draft))
