"""A process of its own that drains a stream until it is killed: DATABASE_URL names the database."""

from __future__ import annotations

import sys

import django

django.setup()

from openapi_gateway.metering import draining  # noqa: E402  Django first

if __name__ == "__main__":
    # Small batches, so that there are many moments at which to die.
    draining.CALLS_AT_ONCE = 200
    draining.ENTRIES_AT_ONCE = 10
    print("ready", flush=True)  # noqa: T201  the test waits for it
    sys.stdin.readline()
    while True:
        draining.drain(stream=sys.argv[1], seconds=5)
