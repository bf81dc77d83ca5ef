"""A process that reports one event after the other, as a payment system does.

Run as ``python -m tests.campaigns.console.firing BANK PREFIX``; it begins when it is told "go" and
ends at the next word; prints for each event when it began and whether it was rewarded.
"""

from __future__ import annotations

import json
import select
import sys
import time
from datetime import timedelta


def main(slug: str, prefix: str) -> None:
    import django

    django.setup()
    from django.utils import timezone
    from django_tenants.utils import tenant_context

    from campaigns.services import GivenEvent, Source, take_events
    from tenants.models import Bank

    found: list[tuple[float, bool]] = []
    with tenant_context(Bank.objects.get(slug=slug)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        while not select.select([sys.stdin], [], [], 0)[0]:
            at, begun = timezone.now() - timedelta(seconds=1), time.time()
            event = GivenEvent(f"{prefix}{len(found)}", "payment", prefix, at, 6000, "top_up")
            (told,) = take_events(source=Source("system", prefix), events=[event])
            found.append((begun, told.outcome == "rewarded"))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
