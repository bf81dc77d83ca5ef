"""One process of a rush on a pool: claims, redemptions and reversals in a random order.

Run as ``python -m tests.coupons.rush BANK TEMPLATE SEED CALLS``; prints what became of the calls.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from typing import Any

CUSTOMERS = 500
# Two processes share the keys of a seed's half, so that many calls come twice at once.
KEY_SPREAD = 2


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(slug: str, code: str, seed: int, calls: int) -> dict[str, int]:
    import django

    django.setup()
    from django_tenants.utils import tenant_context

    from tenants.models import Bank

    with tenant_context(Bank.objects.get(slug=slug)):
        say("ready")
        sys.stdin.readline()
        return rush(code, seed, calls)


def rush(code: str, seed: int, calls: int) -> dict[str, int]:
    from coupons.errors import CouponRefused
    from coupons.models import Coupon

    first = Coupon.objects.order_by("id").values_list("id", flat=True)[0]
    count = Coupon.objects.count()
    chance = random.Random(seed // KEY_SPREAD)
    plan = [_call(chance, code, first, count, number) for number in range(calls)]
    # The same calls as the partner's, in another order.
    random.Random(seed).shuffle(plan)
    found: Counter[str] = Counter()
    for verb, arguments in plan:
        try:
            answered = _verbs()[verb](**arguments)
        except CouponRefused as refusal:
            found[f"refused:{refusal.code_text}"] += 1
        except Exception as error:  # noqa: BLE001  what the test looks for
            found[f"error:{type(error).__name__}:{error}"[:200]] += 1
        else:
            found[f"{verb}:{'again' if answered.replayed else 'done'}"] += 1
    return found


def _verbs() -> dict[str, Any]:
    from coupons import services

    return {
        "claim": services.claim_coupon,
        "redeem": services.redeem_coupon,
        "reverse": services.reverse_coupon,
    }


def _call(
    chance: random.Random, code: str, first: int, count: int, number: int
) -> tuple[str, dict[str, Any]]:
    from coupons.life import actors

    key = f"{chance.getrandbits(64):x}"
    kind = chance.choices(["claim", "redeem", "reverse"], [5, 3, 2])[0]
    doer = actors.system("till")
    if kind == "claim":
        customer = f"C{chance.randrange(CUSTOMERS):04d}"
        return kind, {
            "actor": doer, "customer_number": customer, "template_code": code, "key": key
        }  # fmt: skip
    arguments: dict[str, Any] = {
        "actor": doer, "coupon_id": first + chance.randrange(count), "key": key
    }  # fmt: skip
    if kind == "redeem":
        arguments["order_cents"] = 5000 + chance.randrange(5000)
    elif chance.random() < 0.5:
        arguments["amount_cents"] = chance.randrange(1, 500)
    return kind, arguments


if __name__ == "__main__":
    _name, _slug, _code, _seed, _calls = sys.argv
    say(json.dumps(main(_slug, _code, int(_seed), int(_calls))))
