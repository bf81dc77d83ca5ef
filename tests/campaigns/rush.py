"""One process of a rush of events: the same ones as its siblings, in an order of its own.

Run as ``python -m tests.campaigns.rush BANK SEED EVENTS``; prints what became of them.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime

# All processes say the same of each event.
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
CUSTOMERS = 40


def main(slug: str, seed: int, count: int) -> None:
    import django

    django.setup()
    from django.utils import timezone
    from django_tenants.utils import tenant_context

    from campaigns.services import GivenEvent, Source, apply_due, take_events
    from tenants.models import Bank

    source = Source("system", "rush")
    events = [
        GivenEvent(f"E{n}", "payment", f"C{n % CUSTOMERS}", AT, 6000, "top_up")
        for n in range(count)
    ]
    # A third of them is taken back, by reversals that come at any time.
    events += [
        GivenEvent(f"R{n}", "payment", f"C{n % CUSTOMERS}", AT, 0, "", f"E{n}")
        for n in range(0, count, 3)
    ]
    random.Random(seed).shuffle(events)
    found: Counter[str] = Counter()
    with tenant_context(Bank.objects.get(slug=slug)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for first in range(0, len(events), 7):
            told = take_events(source=source, events=events[first : first + 7], at=AT)
            found.update(f"{each.status} {each.code}".strip() for each in told)
            apply_due(at=timezone.now(), most=20)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
