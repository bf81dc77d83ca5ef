"""When a callback that was not taken is sent again: the table of Standard Webhooks."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

SECOND, MINUTE, HOUR = 1, 60, 3600
# Before each attempt, counted from the one before it.
DELAYS = (0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR,
          20 * HOUR, 24 * HOUR)  # fmt: skip
# Part of the delay by which it may be longer, so that many do not come back together.
JITTER = 0.2
# An attempt that says nothing for so long died with its process.
LEASE = timedelta(seconds=60)


def next_attempt(made: int, at: datetime) -> datetime | None:
    """None = that was the last one."""
    if made >= len(DELAYS):
        return None
    stretch = 1 + JITTER * random.random()  # noqa: S311  (spreads, hides nothing)
    return at + timedelta(seconds=DELAYS[made] * stretch)
