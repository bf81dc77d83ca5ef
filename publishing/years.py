"""Of which years the moments of a draft may be."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

YEARS = range(2000, 3000)


def year_refusal(moment: datetime) -> str:
    """Empty when it may be. Beyond these years a date cannot be moved, as copies do, or told in
    every zone of time; and it is a slip of the hand."""
    if moment.year in YEARS:
        return ""
    return _("Choose a year from %(first)s to %(last)s.") % {"first": YEARS[0], "last": YEARS[-1]}
