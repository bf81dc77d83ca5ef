"""What a reservation costs through the service, against the very statements that it sends, bare:
the look and the claim, each prepared, by psycopg, with nothing decided in between.

Four processes reserve units of one product at once, one after the other the service, the bare
statements and the service on a product that is sold out, three times over. The buyers share one
core, their server processes the other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from statistics import median

from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from benchmarks import crowd
from benchmarks.harness import Wanted
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {"zone_rush.vs_bare_sql": Wanted(at_least=0.5)}
ROUNDS, CALLS = 3, 800
PLENTY = 10_000_000
WORKER = "benchmarks.peers.reserver"


def figures() -> dict[str, float]:
    runs: dict[str, list[crowd.Run]] = defaultdict(list)
    with crowd.on_our_database():
        bank = provision_bank(slug="rush", name="rush")
        with tenant_context(bank):
            plenty, nothing = _product("PLENTY", PLENTY), _product("NOTHING", 1, taken=1)
        connection.set_schema_to_public()
        for number in range(ROUNDS):
            runs["service"].append(_run(bank, plenty, "service", number))
            runs["bare"].append(_run(bank, plenty, "bare", number))
            runs["sold_out"].append(_run(bank, nothing, "refused", number))
    rates = {name: median(run.per_second for run in found) for name, found in runs.items()}
    return {
        "zone_rush.vs_bare_sql": rates["service"] / rates["bare"],
        "zone_rush.per_second": rates["service"],
        "zone_rush.p99_ms": crowd.p99(runs["service"]),
        "zone_rush.sold_out_per_second": rates["sold_out"],
    }


def _product(title: str, quota: int, *, taken: int = 0) -> str:
    """As its publication leaves it."""
    from fuxiang_zone.models import ProductAccount, ProductTerms, ZoneProduct
    from fuxiang_zone.products.rendering import render_payload
    from operators.models import Operator

    now = timezone.now()
    owner = Operator.objects.first() or Operator.objects.create_user("keeper", "Keeper#2026")
    draft = ZoneProduct.objects.create(
        title=title, type_code="large_cd", quota=quota, unit_cents=20_000_000, hold_minutes=1440,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), owner=owner,
        edited_by=owner,
    )  # fmt: skip
    ProductTerms.objects.create(
        product=draft, version=1, terms={**render_payload(draft), "title": title}, published_at=now
    )
    ProductAccount.objects.create(
        product=draft, uid=draft.uid, type_code=draft.type_code, live_version=1, quota=quota,
        unit_cents=draft.unit_cents, hold_minutes=draft.hold_minutes, starts_at=draft.starts_at,
        ends_at=draft.ends_at, confirmed=taken, changed_at=now,
    )  # fmt: skip
    return str(draft.uid)


def _run(bank: Bank, product: str, way: str, number: int) -> crowd.Run:
    return crowd.run(WORKER, [bank.schema_name, product, way], str(number), str(CALLS))
