from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

OK = "ok"
# Of a call that was admitted and of which nothing was heard again: its process died.
UNKNOWN = "unknown"


class Span(TextChoices):
    HOUR = "hour", _("hour")
    DAY = "day", _("day")
    MONTH = "month", _("month")
