from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When

# So many look-ups that find nothing, within the window, stop an operator's look-ups for a while.
MISSES = 20
WINDOW = timedelta(minutes=10)
PAUSE = timedelta(minutes=10)


class GuardQuerySet(QuerySet):
    def claim_miss(self, at: datetime) -> bool:
        """Take one try of each row, counting it as a miss before anybody looks.

        One UPDATE decides, so however many arrive at once, no more than the limit get through.
        """
        fresh = Q(locked_until__isnull=False) | Q(window_from__lte=at - WINDOW)
        last = Q(misses__gte=MISSES - 1)
        free = self.filter(Q(locked_until=None) | Q(locked_until__lte=at))
        claimed = free.update(
            misses=Case(When(fresh, then=1), default=F("misses") + 1),
            window_from=Case(When(fresh, then=Value(at)), default=F("window_from")),
            locked_until=Case(
                When(~fresh & last, then=Value(at + PAUSE)),
                default=None,
                output_field=DateTimeField(),
            ),
        )
        return claimed > 0

    def claim_notice(self, at: datetime) -> bool:
        """Whether the pause is still to be put on record: true for one caller of all."""
        told = self.filter(locked_until__gt=at, misses=MISSES).update(misses=MISSES + 1)
        return told > 0

    def give_back(self) -> None:
        """The look-up found something: it was no miss."""
        self.filter(misses__gt=0).update(misses=F("misses") - 1, locked_until=None)


class LookupGuard(models.Model):
    """Counts the look-ups of one operator at the counter that found nothing: codes are value, and
    nobody finds them by trying."""

    operator = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    misses = models.PositiveIntegerField(default=0)
    window_from = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    objects = GuardQuerySet.as_manager()

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.operator_id} {self.misses}"
