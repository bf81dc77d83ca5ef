"""One of several processes that take qualifying events, through the service or by bare SQL.

``python -m benchmarks.peers.taker SCHEMA WAY NAME EVENTS AT_ONCE``: says which server process it
has, waits for a line, takes the events, and prints when it began and ended.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
WARM_UP = 50
CUSTOMERS = 2_000
MAC = "v1:k1:" + "0" * 58
TOLD = json.dumps({"source": "bare", "from": "system", "events": 1, "counted": 1, "by": "x" * 40})
# The same rows as the service writes, and the lock under which limits and budget are counted.
STATEMENTS = [
    """
    INSERT INTO {s}.campaigns_event
        (id, event_id, kind, customer_number, branch_path, occurred_at, received_at, amount_cents,
         scene, reverses, reversed_cents, is_reversed, outcome, source, fingerprint)
    VALUES (%(event)s, %(name)s, 'payment', %(customer)s, '', %(at)s, %(at)s, 5000, 'top_up', NULL,
        0, false, 'rewarded', 'bare', %(mac)s)
    ON CONFLICT (id) DO NOTHING
    """,
    """
    UPDATE {s}.campaigns_campaignaccount
    SET committed_cents = committed_cents + 500, counted = counted + 1
    WHERE campaign_id = %(campaign)s AND run_state = 'running'
        AND committed_cents + 500 <= budget_cents
    """,
    """
    INSERT INTO {s}.campaigns_limitcounter AS kept (id, campaign_id, rule, period, subject, used)
    VALUES (%(counter)s, %(campaign)s, 'count:day:customer', %(day)s, %(customer)s, 1)
    ON CONFLICT (id) DO UPDATE SET used = kept.used + 1 WHERE kept.used < 1000000
    """,
    """
    INSERT INTO {s}.campaigns_participation
        (id, campaign_id, terms_version, event_id, customer_number, branch_path, state, refusal,
         detail, cost_cents, occurred_at, at)
    VALUES (%(part)s, %(campaign)s, 1, %(event)s, %(customer)s, '', 'counted', '', '', 500, %(at)s,
        %(at)s)
    """,
    """
    INSERT INTO {s}.campaigns_effect
        (id, participation_id, campaign_id, customer_number, position, kind, parameters,
         cost_cents, state, problem, attempts, due_at, made_at)
    VALUES (%(effect)s, %(part)s, %(campaign)s, %(customer)s, 0, 'grant_coupon', '{"template": 1}',
        500, 'pending', '', 0, %(at)s, %(at)s)
    """,
    """
    INSERT INTO {s}.campaigns_budgetentry
        (campaign_id, participation_id, kind, cents, branch_path, at)
    VALUES (%(campaign)s, %(part)s, 'commit', 500, '', %(at)s)
    """,
    """
    INSERT INTO {s}.campaigns_dayfigure AS kept
        (id, campaign_id, day, branch_path, visits, participations, refusals, reversals, claims,
         redemptions, committed_cents, redeemed_cents, province_cents, bank_cents, merchant_cents)
    VALUES (%(figure)s, %(campaign)s, %(day)s, '', 0, 1, 0, 0, 0, 0, 500, 0, 0, 0, 0)
    ON CONFLICT (id) DO UPDATE SET participations = kept.participations + 1,
        committed_cents = kept.committed_cents + 500
    """,
]
# Once per call, as the service does.
TRAIL = [
    """
    INSERT INTO {s}.audit_auditevent
        (id, at, event, actor_schema, actor_name, actor_username, target_kind, target_id,
         target_label, after, reason, branch_path, branch_name, request_id, mac)
    VALUES (%(trail)s, %(at)s, 'campaigns.events_taken', '', 'system', '', 'campaigns.event',
        %(name)s, %(name)s, %(told)s, '', '', '', '', %(mac)s)
    """,
    """
    INSERT INTO {s}.audit_chainlink (chain, row_id, mac, linked_at, hash)
    VALUES ('audit', %(trail)s::text, %(mac)s, %(at)s, '')
    """,
]
Take = Callable[[Sequence[str]], None]


def main(schema: str, way: str, name: str, count: int, at_once: int) -> None:
    django.setup()
    from django_tenants.utils import tenant_context

    from benchmarks.peers.calling import bare_client, call_when_told
    from tenants.models import Bank

    with tenant_context(Bank.objects.get(schema_name=schema)):
        client = bare_client() if way == "bare" else None
        take = _by_bare_sql(schema, client) if client else _by_service()
        take([f"{name}-w{number}" for number in range(WARM_UP)])
        names = [f"{name}-{number}" for number in range(count)]
        calls = [names[first : first + at_once] for first in range(0, count, at_once)]
        call_when_told([partial(take, call) for call in calls], client)


def customer_of(name: str) -> str:
    return f"C{hash(name) % CUSTOMERS:06d}"


def _by_service() -> Take:
    from campaigns.services import GivenEvent, Source, take_events
    from campaigns.taking import forward

    # The rewards are not what is measured.
    forward.wake_up = lambda: None
    source = Source("system", "benchmark")

    def take(names: Sequence[str]) -> None:
        at = datetime.now(UTC) - timedelta(seconds=1)
        events = [
            GivenEvent(name, "payment", customer_of(name), at, 5000, "top_up") for name in names
        ]
        told = take_events(source=source, events=events)
        if any(each.outcome != "rewarded" for each in told):
            raise RuntimeError(f"not rewarded: {told[0]}")

    return take


def _by_bare_sql(schema: str, client: psycopg.Connection) -> Take:
    from campaigns.models import Campaign

    campaign = Campaign.objects.order_by("pk").values_list("pk", flat=True)[0]
    rows = [each.replace("{s}", schema) for each in STATEMENTS]
    trail = [each.replace("{s}", schema) for each in TRAIL]
    figure = uuid.uuid5(uuid.NAMESPACE_OID, "figure")

    def values_of(name: str, at: datetime) -> dict[str, Any]:
        customer = customer_of(name)
        return {
            "event": uuid.uuid4(), "name": name, "customer": customer, "at": at, "mac": MAC,
            "campaign": campaign, "counter": uuid.uuid5(uuid.NAMESPACE_OID, customer),
            "day": at.date(), "part": uuid.uuid4(), "effect": uuid.uuid4(), "figure": figure,
            "trail": uuid.uuid4(), "told": TOLD,
        }  # fmt: skip

    def take(names: Sequence[str]) -> None:
        at = datetime.now(UTC)
        told = [values_of(name, at) for name in names]
        told.sort(key=lambda values: values["counter"])
        cursor = client.cursor()
        if len(told) == 1:
            for statement in rows:
                cursor.execute(statement, told[0])
        else:
            # Pipelined by the driver.
            for statement in rows:
                cursor.executemany(statement, told)
        for statement in trail:
            cursor.execute(statement, told[0])
        client.commit()

    return take


if __name__ == "__main__":
    _name, _schema, _way, _worker, _count, _at_once = sys.argv
    main(_schema, _way, _worker, int(_count), int(_at_once))
