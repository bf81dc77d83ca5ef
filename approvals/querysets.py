from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals import registry
from approvals.choices import RequestStatus
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from operators.models import Operator

EXPIRING_WITHIN = timedelta(days=3)


class RequestQuerySet(QuerySet):
    def pending(self) -> RequestQuerySet:
        return self.filter(status=RequestStatus.PENDING)

    def of_target(self, target_kind: str, target_id: object) -> RequestQuerySet:
        return self.filter(target_kind=target_kind, target_id=str(target_id))

    def mine(self, operator: Operator) -> RequestQuerySet:
        return self.filter(maker=operator)

    def in_scope_of(self, operator: Operator) -> RequestQuerySet:
        """The operator's own requests and those of the branches the operator answers for."""
        path = branch_scope(operator)
        if path == "":
            return self
        return self.filter(Q(branch_path__startswith=path) | Q(maker=operator))

    def waiting_for(self, operator: Operator, at: datetime | None = None) -> RequestQuerySet:
        """What this operator may decide on now, and has not yet."""
        return (
            self.pending()
            .filter(
                kind__in=registry.kinds_checked_by(operator),
                branch_path__startswith=branch_scope(operator),
                expires_at__gt=at or timezone.now(),
            )
            .exclude(maker=operator)
            .exclude(contributors__contains=[operator.pk])
            .exclude(decisions__checker=operator)
        )

    def sent_back_to(self, operator: Operator) -> RequestQuerySet:
        """Sent back and not submitted again since."""
        later = self.model.objects.filter(
            kind=OuterRef("kind"),
            target_kind=OuterRef("target_kind"),
            target_id=OuterRef("target_id"),
            pk__gt=OuterRef("pk"),
        )
        return self.mine(operator).filter(~Exists(later), status=RequestStatus.SENT_BACK)

    def expiring(self, at: datetime, within: timedelta = EXPIRING_WITHIN) -> RequestQuerySet:
        return self.pending().filter(expires_at__gt=at, expires_at__lte=at + within)

    def overdue(self, at: datetime) -> RequestQuerySet:
        return self.pending().filter(expires_at__lte=at)
