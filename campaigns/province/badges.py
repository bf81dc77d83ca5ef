"""The number beside the menu; empty when there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django_tenants.utils import tenant_context

from approvals.badges import count_badge
from audit.context import current_schema
from campaigns.designing.services import ADD
from campaigns.province.choices import KIND, JoinState, WaveState
from campaigns.province.models import Joining
from operators.querysets import branch_scope
from publishing.models import Publication
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from django.http import HttpRequest


def waiting_for_bank(request: HttpRequest) -> str:
    """Campaigns of the province to which the bank has not answered, to join or to follow a newer
    version; one query."""
    operator: Any = request.user
    if not operator.has_perm(ADD) or branch_scope(operator):
        return ""
    schema = current_schema()
    newest = Publication.objects.filter(kind=KIND, target_id=OuterRef("campaign__uid"))
    newest_version = Subquery(newest.order_by("-version").values("version")[:1])
    behind = Q(version__lt=newest_version) & ~Q(deferred_version=newest_version)
    with tenant_context(PLATFORM):
        return count_badge(
            Joining.objects.filter(
                Q(state=JoinState.WAITING) | behind, bank__schema_name=schema,
                wave__state=WaveState.OPEN, campaign__ends_at__gt=timezone.now(),
            )
        )  # fmt: skip
