from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals import registry
from approvals.choices import RequestStatus
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from operators.models import Operator

EXPIRING_WITHIN = timedelta(days=3)
PENDING = Q(status=RequestStatus.PENDING)


class RequestQuerySet(QuerySet):
    def visible_to(self, operator: Operator) -> RequestQuerySet:
        """Without what a kind hides from this operator; branches are another matter."""
        hidden = ((kind.name, kind.hidden_from(operator)) for kind in registry.kinds())
        found = self
        for name, rows in hidden:
            found = found if rows is None else found.exclude(rows & Q(kind=name))
        return found

    def pending(self) -> RequestQuerySet:
        return self.filter(PENDING)

    def of_target(self, target_kind: str, target_id: object) -> RequestQuerySet:
        return self.filter(target_kind=target_kind, target_id=str(target_id))

    def mine(self, operator: Operator) -> RequestQuerySet:
        return self.filter(maker=operator)

    def waiting_for(self, operator: Operator, at: datetime | None = None) -> RequestQuerySet:
        return self.filter(is_waiting_for(operator, at or timezone.now()))

    def sent_back_to(self, operator: Operator) -> RequestQuerySet:
        return self.filter(is_sent_back_to(operator))

    def expiring(self, at: datetime) -> RequestQuerySet:
        return self.filter(is_expiring(at))

    def overdue(self, at: datetime) -> RequestQuerySet:
        return self.filter(PENDING, expires_at__lte=at)


# The same words as conditions, for the tabs of the inbox, which count them all in one query.
def is_waiting_for(operator: Operator, at: datetime) -> Q:
    """What this operator may decide on now, and has not yet."""
    decisions = apps.get_model("approvals.Decision").objects.filter(
        request=OuterRef("pk"), checker=operator
    )
    return (
        PENDING
        & Q(
            kind__in=registry.kinds_checked_by(operator),
            branch_path__startswith=branch_scope(operator),
            expires_at__gt=at,
        )
        & ~Q(maker=operator)
        & ~Q(contributors__contains=[operator.pk])
        & Q(~Exists(decisions))
    )


def is_sent_back_to(operator: Operator) -> Q:
    """Sent back, and not submitted again since."""
    later = apps.get_model("approvals.Request").objects.filter(
        kind=OuterRef("kind"),
        target_kind=OuterRef("target_kind"),
        target_id=OuterRef("target_id"),
        pk__gt=OuterRef("pk"),
    )
    return Q(maker=operator, status=RequestStatus.SENT_BACK) & Q(~Exists(later))


def is_expiring(at: datetime) -> Q:
    return PENDING & Q(expires_at__gt=at, expires_at__lte=at + EXPIRING_WITHIN)
