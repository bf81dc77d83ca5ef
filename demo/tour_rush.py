"""The tour's step about a scarce product: four processes of customers, no unit too many."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

from demo import rush
from demo.guide import CUSTOMER, Tour, say
from demo.stage import check
from demo.tokens import system_token
from demo.tour_products import DEPOSIT, QUOTA, product_named, reserve

PROCESSES, RUSH_SECONDS = 4, 120
CONFIRMED, RELEASED = 20, 10
LATE = "R9000001"


def rush_for_it(tour: Tour) -> None:
    """5,000 customers want 300 units in the same moment, from four processes: exactly 300 held"""
    bank, product = tour.notes["cd bank"], tour.notes["cd"]
    calls = PROCESSES * rush.CALLS
    found, held, seconds = _rush(tour.product.port, bank, product)
    say(f"{calls:,} calls of {calls:,} customers in {seconds:.1f} s, from {PROCESSES} processes: "
        + ", ".join(f"{count:,} × {what}" for what, count in found.most_common()))  # fmt: skip
    wanted = {"held": QUOTA, "409 sold_out": calls - QUOTA}
    check(found == wanted, f"the answers were {dict(found)}, not {wanted}")
    check(len({number for number, _id in held}) == QUOTA, "a customer came twice")
    check(len({one for _number, one in held}) == QUOTA, "a reservation was given twice")
    page = reserve(tour.phone(bank, held[0][0]), product, rush.KEY)
    replayed = page.headers.get("idempotency-replayed")
    check((page.json["id"], replayed) == (held[0][1], "true"), f"the key again: {page.text}")
    late = reserve(tour.phone(bank, LATE), product, "late")
    check((late.status, late.json["code"]) == (409, "sold_out"), f"one more: {late.text}")
    shown = product_named(tour.phone(bank, CUSTOMER), DEPOSIT)
    check((shown["sale"], shown["left"]) == ("sold_out", 0), f"the phone says {shown}")
    say(f"the same key again: the same reservation; one more: {late.json['detail']}")
    _after_the_rush(tour, bank, product, held)


def _rush(port: int, bank: str, product: str) -> tuple[Counter[str], list[list[str]], float]:
    words = [sys.executable, "-m", "demo.rush", str(port), bank, product]
    crowd = [
        subprocess.Popen(
            [*words, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for seed in range(1, PROCESSES + 1)
    ]
    try:
        for each in crowd:
            assert each.stdout is not None
            check(each.stdout.readline().strip() == "ready", "a process of the rush has ended")
        began = time.monotonic()
        for each in crowd:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        told = [json.loads(each.communicate(timeout=RUSH_SECONDS)[0]) for each in crowd]
        seconds = time.monotonic() - began
    finally:
        for each in crowd:
            each.kill()
    counts: Counter[str] = Counter()
    for each_told in told:
        counts.update(each_told["counts"])
    return counts, [one for each_told in told for one in each_told["held"]], seconds


def _after_the_rush(tour: Tour, bank: str, product: str, held: list[list[str]]) -> None:
    core = tour.phone(bank)
    core.token = system_token(bank, "core")
    for number, (_customer, one) in enumerate(held[:CONFIRMED]):
        page = core.send("POST", f"zone/reservations/{one}/confirm", {"reference": f"CD{number}"})
        check(page.status == 200 and page.json["state"] == "confirmed", f"confirm: {page.text}")
    customer, one = held[0]
    path = f"zone/reservations/{one}/confirm"
    page = tour.phone(bank, customer).send("POST", path, {"reference": "CD0"})
    check(page.status == 403, f"a customer's own confirmation answers {page.status}")
    for customer, one in held[-RELEASED:]:
        page = tour.phone(bank, customer).send("POST", f"zone/reservations/{one}/release", {})
        check(page.status == 200 and page.json["state"] == "released", f"release: {page.text}")
    again = [
        reserve(tour.phone(bank, f"R8{number:06d}"), product, "again").status
        for number in range(RELEASED + 1)
    ]
    check(again == [*[again[0]] * RELEASED, 409] and again[0] < 300, f"reserved again: {again}")
    say(f"{CONFIRMED} confirmed by the bank's core, {RELEASED} released by customers and reserved"
        " by others; the next one: 409")  # fmt: skip
    listed = tour.console(bank, "maker").open("/admin/fuxiang_zone/reservation/")
    figures = [int(each) for each in re.findall(r"<dd>(\d+)</dd>", listed.text)[:4]]
    wanted = [QUOTA, CONFIRMED, QUOTA - CONFIRMED, 0]
    check(figures == wanted and DEPOSIT in listed.text, f"the console says {figures}")
    say(f"the console: {QUOTA} units = {CONFIRMED} confirmed + {QUOTA - CONFIRMED} held + 0 left")


STEPS: list[Callable[[Tour], None]] = [rush_for_it]
