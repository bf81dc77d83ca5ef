from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db.models import Q, QuerySet

from openapi_gateway.credentials.choices import KeyState

SOON_DAYS = 30


class KeyQuerySet(QuerySet):
    def usable(self, at: datetime) -> Self:
        """Accepted at this moment, by the clock, not by the state alone."""
        still = Q(retires_at__isnull=True) | Q(retires_at__gt=at)
        return self.filter(still, state__in=KeyState.usable(), expires_at__gt=at)

    def ended(self, at: datetime) -> Self:
        """Past their end, with a state that does not say so yet."""
        return self.filter(
            Q(expires_at__lte=at) | Q(retires_at__lte=at), state__in=KeyState.usable()
        )

    def ending_soon(self, at: datetime) -> Self:
        until = at + timedelta(days=SOON_DAYS)
        return self.usable(at).filter(Q(expires_at__lte=until) | Q(retires_at__lte=until))
