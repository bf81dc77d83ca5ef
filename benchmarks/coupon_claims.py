"""What a claim costs through the service, against the same rows written as bare SQL by psycopg, and
its growth from a pool of fifty thousand coupons to one of five million.

Four processes claim at once, one after the other the service, the bare statements and the service
on the large pool, three times over. The claimers share one core, their server processes the other.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from django.db import connection
from django_tenants.utils import tenant_context

from benchmarks import coupon_stock, crowd
from benchmarks.harness import Wanted
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {
    "coupon_claims.vs_bare_sql": Wanted(at_least=0.5),
    "coupon_claims.cost_growth_50k_to_5m": Wanted(at_most=1.3),
}
SMALL, LARGE = 50_000, 5_000_000
ROUNDS, CLAIMS = 3, 1000
WORKER = "benchmarks.peers.claimer"


def figures() -> dict[str, float]:
    runs: dict[str, list[crowd.Run]] = defaultdict(list)
    with crowd.on_our_database():
        small, large = _bank("small", SMALL), _bank("large", LARGE)
        connection.set_schema_to_public()
        for number in range(ROUNDS):
            runs["service"].append(_run(small, "service", number))
            runs["bare"].append(_run(small, "bare", number))
            runs["large"].append(_run(large, "service", number))
    rates = {name: median(run.per_second for run in found) for name, found in runs.items()}
    return {
        "coupon_claims.vs_bare_sql": rates["service"] / rates["bare"],
        "coupon_claims.cost_growth_50k_to_5m": rates["service"] / rates["large"],
        "coupon_claims.p99_ms": crowd.p99(runs["service"]),
        "coupon_claims.per_second": rates["service"],
    }


def _bank(slug: str, coupons: int) -> Bank:
    bank = provision_bank(slug=slug, name=slug)
    with tenant_context(bank):
        template = coupon_stock.live_template("POOL")
        coupon_stock.fill(template, coupons)
    return bank


def _run(bank: Bank, way: str, number: int) -> crowd.Run:
    return crowd.run(WORKER, [bank.schema_name, way], str(number), str(CLAIMS))
