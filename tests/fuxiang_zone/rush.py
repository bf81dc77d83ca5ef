"""One process of a rush on a product: threads that reserve, confirm, release and expire.

Run as ``python -m tests.fuxiang_zone.rush BANK SEED``. Each line "UID CALLS THREADS MIX" that it
reads is a rush; it prints what became of its calls. MIX is "reserve" (each call another customer)
or "all" (in a random order).
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

CUSTOMERS = 40
# Two processes share the keys of a seed's half, so that many calls come twice at once.
KEY_SPREAD = 2
# The clock of a mixed rush: holds of a minute run out while it goes on.
STEP = timedelta(seconds=1)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(slug: str, seed: int) -> None:
    import django

    django.setup()
    from django_tenants.utils import tenant_context

    from tenants.models import Bank

    bank = Bank.objects.get(slug=slug)
    with tenant_context(bank):
        say("ready")
        for line in sys.stdin:
            uid, calls, threads, mix = line.split()
            say(json.dumps(_rush(bank, UUID(uid), seed, int(calls), int(threads), mix)))


def _rush(bank: Any, uid: UUID, seed: int, calls: int, threads: int, mix: str) -> Counter[str]:
    from django.db import connection
    from django_tenants.utils import tenant_context

    def part(number: int) -> Counter[str]:
        try:
            with tenant_context(bank):
                rush = _reserving if mix == "reserve" else _mixed
                return rush(uid, seed, number, calls // threads)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(part, range(threads)), Counter())


def _reserving(uid: UUID, seed: int, thread: int, calls: int) -> Counter[str]:
    from fuxiang_zone.sales import actors, services

    found: Counter[str] = Counter()
    for number in range(calls):
        name = f"C{seed}x{thread}x{number}"
        _count(
            found, "reserve", services.reserve_units, actor=actors.customer(name),
            product_uid=uid, customer_number=name, units=1, key="once",
        )  # fmt: skip
    return found


def _mixed(uid: UUID, seed: int, thread: int, calls: int) -> Counter[str]:
    from django.utils import timezone

    from fuxiang_zone.sales import actors, services

    # The same calls as the partner's thread, in another order.
    plan, chance = random.Random(seed // KEY_SPREAD * 100 + thread), random.Random(seed)
    keys = [(f"{plan.getrandbits(64):x}", plan.randrange(CUSTOMERS)) for _call in range(calls)]
    chance.shuffle(keys)
    found: Counter[str] = Counter()
    mine: list[UUID] = []
    began = timezone.now()
    for number, (key, customer) in enumerate(keys):
        at: datetime = began + number * STEP
        units = 1 + customer % 3
        body = _count(
            found, "reserve", services.reserve_units, actor=actors.system("shop"),
            product_uid=uid, customer_number=f"C{customer}", units=units, key=key, at=at,
        )  # fmt: skip
        if body is not None:
            mine.append(UUID(body["id"]))
        if mine and chance.random() < 0.5:
            one = chance.choice(mine[-50:])
            told = {"actor": actors.system("core"), "reservation_id": one, "at": at}
            if chance.random() < 0.1:
                _count(found, "confirm", services.confirm_reservation, **told, reference=str(one))
            else:
                _count(found, "release", services.release_reservation, **told)
        if number % 50 == 49:
            services.expire_reservations(at=at)
    return found


def _count(found: Counter[str], verb: str, call: Any, **told: Any) -> dict[str, Any] | None:
    from fuxiang_zone.errors import ZoneRefused

    try:
        answered = call(**told)
    except ZoneRefused as refusal:
        found[f"refused:{refusal.code_text}"] += 1
    except Exception as error:  # noqa: BLE001  what the test looks for
        found[f"error:{type(error).__name__}:{error}"[:200]] += 1
    else:
        found[f"{verb}:{'again' if answered.replayed else 'done'}"] += 1
        return dict(answered.body)
    return None


if __name__ == "__main__":
    _name, _slug, _seed = sys.argv
    main(_slug, int(_seed))
