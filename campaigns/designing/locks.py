"""What the province binds of a bank's campaign that carries out one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.designing.content import CampaignContent
    from campaigns.models import Campaign


def check_locks(content: CampaignContent, payload: Mapping[str, Any]) -> None:
    """Raises ``BadCampaign`` naming the field that the province has locked."""
    if payload:
        from campaigns.province import locks

        locks.check_locks(content, payload)


def locked_fields(draft: Campaign) -> frozenset[str]:
    if not draft.province_payload:
        return frozenset()
    from campaigns.province import locks

    return frozenset(locks.locked_fields(draft))
