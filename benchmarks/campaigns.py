"""Qualifying events through the service, against the same rows written as bare SQL by psycopg with
the same statements, and their cost with five and with two hundred live campaigns.

The rule has five conditions and gives one coupon, within a limit per customer and a budget. Four
processes take events at once, one after the other the service, the bare statements and the service
among many campaigns, three times over. The takers share one core, their server processes the other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from benchmarks import coupon_stock, crowd
from benchmarks.harness import Wanted
from campaigns.models import Campaign
from campaigns.models.designs import CampaignAccount, CampaignTerms
from customers.models import Customer
from tenants.models import Bank
from tenants.services import provision_bank

WANTED = {
    "campaigns.events_vs_bare_sql": Wanted(at_least=0.4),
    "campaigns.cost_growth_5_to_200": Wanted(at_most=1.5),
}
ROUNDS, CUSTOMERS = 3, 2_000
FEW, MANY = 5, 200
# Events of one process and round, and in one call.
SINGLE, BATCHED, AT_ONCE = 300, 3_000, 50
WORKER = "benchmarks.peers.taker"
CONDITIONS: list[dict[str, Any]] = [
    {"kind": "scene", "values": ["top_up"]},
    {"kind": "amount", "least_cents": 5000, "most_cents": None},
    {"kind": "weekdays", "values": [1, 2, 3, 4, 5, 6, 7]},
    {"kind": "hours", "from": "00:00", "until": "24:00"},
    {"kind": "audience", "rule": {"all": [
        {"field": "groups", "op": "any", "values": ["card", "payroll"]},
    ]}},
]  # fmt: skip
LIMITS = [{"measure": "count", "period": "day", "per": "customer", "limit": 1_000_000}]


def figures() -> dict[str, float]:
    rates: dict[str, list[float]] = defaultdict(list)
    with crowd.on_our_database():
        few, many = _bank("few", FEW), _bank("many", MANY)
        connection.set_schema_to_public()
        for number in range(ROUNDS):
            for name, bank, way, events, at_once in (
                ("service", few, "service", SINGLE, 1),
                ("bare", few, "bare", SINGLE, 1),
                ("many", many, "service", SINGLE, 1),
                ("batched", few, "service", BATCHED, AT_ONCE),
                ("bare_batched", few, "bare", BATCHED, AT_ONCE),
                ("many_batched", many, "service", BATCHED, AT_ONCE),
            ):
                rates[name].append(_run(bank, way, f"{name}{number}", events, at_once))
    middle = {name: median(found) for name, found in rates.items()}
    return {
        "campaigns.events_vs_bare_sql": middle["service"] / middle["bare"],
        "campaigns.cost_growth_5_to_200": max(
            middle["service"] / middle["many"], middle["batched"] / middle["many_batched"]
        ),
        "campaigns.events_per_second": middle["service"],
        "campaigns.batched_vs_bare_sql": middle["batched"] / middle["bare_batched"],
        "campaigns.batched_per_second": middle["batched"],
    }


# --- what there is -------------------------------------------------------------------------------
def _bank(slug: str, campaigns: int) -> Bank:
    """One campaign that pays, and others of the same event and scene that do not fit."""
    bank = provision_bank(slug=slug, name=slug)
    with tenant_context(bank):
        template = coupon_stock.live_template("REWARD")
        Customer.objects.bulk_create(
            Customer(number=f"C{number:06d}", groups=["card"]) for number in range(CUSTOMERS)
        )
        _campaign(template, "Pays", CONDITIONS)
        for number in range(1, campaigns):
            _campaign(template, f"Other {number}", _others(number))
    return bank


def _others(number: int) -> list[dict[str, Any]]:
    """Half of them in other scenes, half of them for larger amounts: asked, and refused last."""
    if number % 2:
        return [{"kind": "scene", "values": [f"merchant:{number}"]}, *CONDITIONS[1:]]
    tag = {"kind": "has_tag", "values": [f"tag {number}"], "wanted": True}
    return [*CONDITIONS[:4], tag]


def _campaign(template: Any, title: str, conditions: list[dict[str, Any]]) -> None:
    """As its publication would leave it."""
    at = timezone.now()
    period = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=30)}
    design = Campaign.objects.create(
        title=title, kind="spend_and_get", events=["payment"], conditions=conditions,
        effects=[{"kind": "grant_coupon", "template": template.pk}], limits=LIMITS,
        budget_cents=10**12, bearers={"province": 3000, "bank": 7000, "merchant": 0},
        owner=template.owner, edited_by=template.owner, **period,
    )  # fmt: skip
    told = {name: moment.isoformat() for name, moment in period.items()}
    terms = {
        **design.render_payload(), **told, "title": title, "audience": {}, "branch_path": ""
    }  # fmt: skip
    CampaignTerms.objects.create(
        campaign=design, version=1, terms=terms, published_at=period["starts_at"]
    )
    CampaignAccount.objects.create(
        campaign=design, uid=design.uid, live_version=1, budget_cents=10**12,
        changed_at=at, **period,
    )  # fmt: skip


# --- measuring -----------------------------------------------------------------------------------
def _run(bank: Bank, way: str, name: str, events: int, at_once: int) -> float:
    """Events per second of all processes. Raises when an event is not rewarded."""
    found = crowd.run(WORKER, [bank.schema_name, way], name, str(events), str(at_once))
    return events * crowd.PROCESSES / found.seconds
