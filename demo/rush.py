"""One process of a rush on a product of the zone: customers who reserve in the same moment.

Run as ``python -m demo.rush PORT BANK PRODUCT SEED``: says "ready" when its customers have signed
in, begins at the first line that it reads, and prints what became of its calls as JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings

from demo.tokens import customer_token

CALLS, THREADS, TIMEOUT_SECONDS = 1_250, 8, 30
KEY = "rush"


@dataclass
class Seen:
    """What the answers were: by status and code; of the good ones, whose and which."""

    counts: Counter[str] = field(default_factory=Counter)
    held: list[tuple[str, str]] = field(default_factory=list)

    def take(self, customer: str, status: int, body: bytes) -> None:
        document = json.loads(body)
        if status < 300:
            self.held.append((customer, document["id"]))
        self.counts["held" if status < 300 else f"{status} {document.get('code')}"] += 1


def main(port: int, bank: str, product: str, seed: int) -> None:
    # Nobody of the demo's own customers: these have come to the bank today.
    names = [f"R{seed}{number:06d}" for number in range(CALLS)]
    callers = [(name, customer_token(bank, name)) for name in names]
    _say("ready")
    sys.stdin.readline()
    began = time.monotonic()
    shares = [callers[start::THREADS] for start in range(THREADS)]
    seen = Seen()
    with ThreadPoolExecutor(THREADS) as pool:
        for each in pool.map(partial(_reserve, port, bank, product), shares):
            seen.counts.update(each.counts)
            seen.held += each.held
    seconds = round(time.monotonic() - began, 2)
    _say(json.dumps({"counts": seen.counts, "held": seen.held, "seconds": seconds}))


def _reserve(port: int, bank: str, product: str, callers: list[tuple[str, str]]) -> Seen:
    seen = Seen()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    for customer, token in callers:
        headers = {
            "Host": f"{bank}.{settings.BASE_DOMAIN}:{port}", "Authorization": f"Bearer {token}",
            "Content-Type": "application/json", "Idempotency-Key": KEY,
        }  # fmt: skip
        line.request("POST", f"/api/channel/v1/zone/{product}/reservations", b"{}", headers)
        answer = line.getresponse()
        seen.take(customer, answer.status, answer.read())
    line.close()
    return seen


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _name, _port, _bank, _product, _seed = sys.argv
    main(int(_port), _bank, _product, int(_seed))
