from __future__ import annotations

from datetime import datetime

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from openapi_gateway.base_services.liveness.choices import EXPIRED, OPEN


class SessionQuerySet(QuerySet):
    def of_client(self, client_id: int, environment: str) -> SessionQuerySet:
        """What belongs to another client or environment is not found."""
        return self.filter(client_id=client_id, environment=environment)

    def open(self, at: datetime) -> SessionQuerySet:
        return self.filter(state__in=OPEN, deadline__gt=at)

    def overdue(self, at: datetime) -> SessionQuerySet:
        """Ended by the clock, and nobody was told yet."""
        return self.filter(state__in=OPEN, deadline__lte=at, announced_at__isnull=True)

    def with_state_at(self, at: datetime) -> SessionQuerySet:
        over = Q(state__in=OPEN, deadline__lte=at)
        shown = Case(When(over, then=Value(EXPIRED)), default=F("state"), output_field=CharField())
        return self.annotate(state_now=shown)
