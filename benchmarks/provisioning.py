"""What a bank costs: made by replay against made by migrations, the 500th against the 50th, and an
upgrade of the province that finds nothing to do against stock migrate_schemas."""

from __future__ import annotations

import sys
from statistics import median

from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from benchmarks.harness import Wanted, seconds, throw_away_database
from tenants.applied import known_migrations
from tenants.choices import BankStatus
from tenants.hosts import bank_host
from tenants.models import Bank, Domain
from tenants.schemas import schema_name_of
from tenants.seeds import seed_digest
from tenants.services import provision_bank
from tenants.template import current_replay
from tenants.upgrades import upgrade_all

WANTED = {
    "provisioning.speedup_vs_migrations": Wanted(at_least=10, hoped=20),
    "provisioning.cost_growth_50_to_500": Wanted(at_most=1.3),
    "provisioning.noop_upgrade_speedup": Wanted(at_least=50),
}
ROUNDS = 20
BANKS = 102
SAMPLE = 25


def figures() -> dict[str, float]:
    current_replay()
    speedup = _speedup()
    near_50, near_500 = _growth()
    _fill(BANKS)
    return {
        "provisioning.speedup_vs_migrations": speedup,
        "provisioning.cost_growth_50_to_500": near_500 / near_50,
        "provisioning.noop_upgrade_speedup": _noop_speedup(),
        "provisioning.seconds_near_50": near_50,
        "provisioning.seconds_near_500": near_500,
    }


def _speedup() -> float:
    """Turn about, so that whatever else the machine does meets both."""
    by_replay, by_migrations = [], []
    for number in range(ROUNDS):
        by_replay.append(seconds(_replay_next))
        by_migrations.append(seconds(lambda number=number: _migrate(f"peer-{number}")))
    return median(by_migrations) / median(by_replay)


def _growth() -> tuple[float, float]:
    """Two provinces side by side, one near 50 and one near 500 banks, each on the connection that
    made all its banks; turn about."""
    small = connections["default"]
    _fill(50 - SAMPLE // 2)
    del connections["default"]  # the next use opens another
    costs: tuple[list[float], list[float]] = ([], [])
    with throw_away_database("bench_provisioning_500"):
        large = connections["default"]
        _fill(500 - SAMPLE // 2)
        for _round in range(SAMPLE):
            for side, province in enumerate((small, large)):
                connections["default"] = province
                costs[side].append(seconds(_replay_next))
    large.close()
    connections["default"] = small
    return median(costs[0]), median(costs[1])


def _migrate(slug: str) -> None:
    """As django-tenants makes a tenant: its row, its schema, all migrations."""
    bank = Bank(
        schema_name=schema_name_of(slug), slug=slug, name=slug, name_key=slug, short_name=slug,
        status=BankStatus.ACTIVE, provisioned_at=timezone.now(), seed_digest=seed_digest(),
    )  # fmt: skip
    bank.save()
    bank.create_schema(check_if_exists=True, verbosity=0)
    Domain.objects.create(tenant=bank, domain=bank_host(slug), is_primary=True)


def _replay_next() -> None:
    number = Bank.objects.count()
    provision_bank(slug=f"bank-{number}", name=f"Bank {number}")


def _fill(banks: int) -> None:
    for number in range(Bank.objects.count(), banks):
        _replay_next()
        if number % 50 == 0:
            print(f"  banks provisioned {number}/{banks}", file=sys.stderr)


def _noop_speedup() -> float:
    stock = seconds(lambda: call_command("migrate_schemas", verbosity=0))
    ours = median(seconds(_noop) for _time in range(5))
    return stock / ours


def _noop() -> None:
    known_migrations.cache_clear()  # as in a process that has just started
    report = upgrade_all()
    if report.behind or report.failed or report.banks != BANKS:
        raise RuntimeError(f"This was to be an upgrade with nothing to do: {report}")
