"""Campaigns as targets of links: those of the bank that are published and not over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.context import current_schema
from campaigns.choices import RunState
from campaigns.models import CampaignAccount
from operators.roles import is_platform
from publishing.links import Target, TargetKind, register

KIND = "campaign"


def _choices(branch_path: str) -> Sequence[Target]:
    if is_platform(current_schema()):
        return []
    mine = Q(branch_path="") | Q(branch_path__startswith=branch_path)
    return [_target(each) for each in _live().filter(mine).order_by("campaign__title")]


def _find(uid: str) -> Target | None:
    try:
        wanted = UUID(uid)
    except ValueError:
        return None
    if is_platform(current_schema()):
        return None
    found = _live().filter(uid=wanted).first()
    return _target(found) if found is not None else None


def _live() -> QuerySet[CampaignAccount]:
    lasting = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    found = CampaignAccount.objects.filter(lasting, live_version__isnull=False)
    over = (RunState.ENDED, RunState.PULLED)
    return found.exclude(run_state__in=over).select_related("campaign")


def _target(account: CampaignAccount) -> Target:
    return Target(str(account.uid), account.campaign.title)


def register_targets() -> None:
    register(TargetKind(KIND, _("campaign"), _choices, _find))
