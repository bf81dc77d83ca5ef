"""One of several processes that reserve units, through the service or by its statements alone.

``python -m benchmarks.peers.reserver SCHEMA PRODUCT WAY NAME CALLS``: says which server process it
has, waits for a line, reserves, and prints when it began and ended and how long each call took.
"""

from __future__ import annotations

import json
import os
import re
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
WARM_UP = 50
MAC = "v1:k1:" + "0" * 58
TOLD = json.dumps({"product": 1, "customer": "bare", "units": 1, "by": "customer: bare" * 6})

Buy = Callable[[str], None]


def main(schema: str, product: uuid.UUID, way: str, name: str, count: int) -> None:
    django.setup()
    from django_tenants.utils import tenant_context

    from benchmarks.peers.calling import bare_client, call_when_told
    from tenants.models import Bank

    with tenant_context(Bank.objects.get(schema_name=schema)):
        # Each statement commits by itself.
        client = bare_client(autocommit=True) if way == "bare" else None
        buy = _by_bare_sql(schema, product, client) if client else _by_service(product, way)
        numbers = [f"{way[0]}{name}x{number}" for number in range(-WARM_UP, count)]
        for number in numbers[:WARM_UP]:
            buy(number)
        call_when_told([partial(buy, number) for number in numbers[WARM_UP:]], client)


def _by_service(product: uuid.UUID, way: str) -> Buy:
    from fuxiang_zone.errors import SoldOut
    from fuxiang_zone.sales.actors import customer
    from fuxiang_zone.sales.services import reserve_units

    def buy(number: str) -> None:
        reserve_units(
            actor=customer(number), product_uid=product, customer_number=number, units=1,
            key=uuid.uuid4().hex,
        )  # fmt: skip

    def fail(number: str) -> None:
        try:
            buy(number)
        except SoldOut:
            return
        raise RuntimeError("There was something left.")

    return fail if way == "refused" else buy


def _by_bare_sql(schema: str, product: uuid.UUID, client: psycopg.Connection) -> Buy:
    from fuxiang_zone.models import ProductAccount
    from fuxiang_zone.sales import reserving, sight

    product_id = ProductAccount.objects.values_list("product", flat=True).get(uid=product)
    look, claim = (_named(text, schema) for text in (sight._LOOK, reserving._statement()))
    fixed = {
        "uid": product, "units": 1, "product_id": product_id, "terms_version": 1,
        "branch_path": "", "amount_cents": 20_000_000, "state": "held", "decided_at": None,
        "reference": "", "actor_kind": "customer", "fingerprint": "0" * 64, "most": 2**31 - 1,
        **_event(),
    }  # fmt: skip

    def buy(number: str) -> None:
        at, event, mine = datetime.now(UTC), uuid.uuid4(), uuid.uuid4()
        values = {
            **fixed, "customer_number": number, "actor_name": number, "id": mine,
            "reservation_id": mine, "share_id": uuid.uuid4(), "at": at, "held_at": at,
            "expires_at": at + timedelta(minutes=15), "audit_id": event, "audit_at": at,
            "audit_row_id": str(event), "audit_target_id": str(mine),
        }  # fmt: skip
        client.execute(look, values).fetchone()
        client.execute(claim, values).fetchone()

    return buy


def _named(text: str, schema: str) -> str:
    return re.sub(r"(?<![:\w]):([a-z][a-z0-9_]*)", r"%(\1)s", text.replace("{schema}", schema))


def _event() -> dict[str, Any]:
    """Of a size like the service's."""
    from audit import statements as trail
    from fuxiang_zone import events

    told = trail.parameters(
        events.RESERVED, actor=None, target_kind="fuxiang_zone.reservation", target_id="1",
        target_label="Large CD", at=datetime.now(UTC),
    )  # fmt: skip
    return {**told, "audit_after": TOLD, "audit_mac": MAC}


if __name__ == "__main__":
    _name, _schema, _product, _way, _worker, _count = sys.argv
    main(_schema, uuid.UUID(_product), _way, _worker, int(_count))
