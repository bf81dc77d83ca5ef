"""One of several processes that claim coupons, through the service or by bare SQL.

``python -m benchmarks.peers.claimer SCHEMA WAY NAME CLAIMS``: says which server process it has,
waits for a line, claims, and prints when it began and ended and how long each claim took.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
WARM_UP = 100
# The same rows as the service writes: answer, limit, coupon, ledger, audit event and its link.
_ANSWER = """
    INSERT INTO {s}.coupons_answer (id, caller, key, fingerprint, status, body, at)
    VALUES (%(answer)s, 'customer:bare', %(key)s, %(mac)s, 200, %(body)s, %(at)s)
    ON CONFLICT (id) DO NOTHING RETURNING 1
"""
_LIMIT = """
    INSERT INTO {s}.coupons_limitcounter AS counter (id, template_id, rule, period, subject, used)
    VALUES (%(limit)s, %(template)s, 'claim:count:lifetime:customer', NULL, %(customer)s, 1)
    ON CONFLICT (id) DO UPDATE SET used = counter.used + 1 WHERE counter.used < 1 RETURNING 1
"""
_COUPON = """
    UPDATE {s}.coupons_coupon
    SET state = 'claimed', customer_number = %(customer)s, claimed_at = %(at)s, terms_version = 1
    WHERE id = (
        SELECT id FROM {s}.coupons_coupon
        WHERE batch_id = %(batch)s AND branch_id IS NULL AND state = 'stocked'
            AND valid_until > %(at)s
        ORDER BY valid_until, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""
_LEDGER = """
    INSERT INTO {s}.coupons_ledgerentry
        (at, action, coupon_id, batch_id, template_id, terms_version, count, from_state, to_state,
         face_cents, accrued_cents, spent_cents, province_cents, bank_cents, merchant_cents,
         customer_number, branch_path, actor_kind, actor_name, channel, idempotency_key, reference,
         scene, manager, note)
    VALUES (%(at)s, 'claim', %(coupon)s, %(batch)s, %(template)s, 1, 1, 'stocked', 'claimed',
        500, 500, 0, 0, 0, 0, %(customer)s, '', 'customer', %(customer)s, 'app', %(key)s, '',
        '', '', '')
"""
_EVENT = """
    INSERT INTO {s}.audit_auditevent
        (id, at, event, actor_schema, actor_name, actor_username, target_kind, target_id,
         target_label, after, reason, branch_path, branch_name, request_id, mac)
    VALUES (%(event)s, %(at)s, 'coupons.claimed', '', 'system', '', 'coupons.coupon', %(label)s,
        %(label)s, %(body)s, '', '', '', '', %(mac)s)
"""
_LINK = """
    INSERT INTO {s}.audit_chainlink (chain, row_id, mac, linked_at, hash)
    VALUES ('audit', %(event_text)s, %(mac)s, %(at)s, '')
"""
BODY = json.dumps({"coupon": 1, "customer": "bare", "channel": "app", "by": "bare" * 20})
MAC = "v1:k1:" + "0" * 58


def main(schema: str, way: str, name: str, count: int) -> None:
    django.setup()
    from django_tenants.utils import tenant_context

    from benchmarks.peers.calling import bare_client, call_when_told
    from tenants.models import Bank

    with tenant_context(Bank.objects.get(schema_name=schema)):
        client = bare_client() if way == "bare" else None
        claim = _by_bare_sql(schema, client) if client else _by_service()
        numbers = [f"{way[0]}{name}-{number}" for number in range(-WARM_UP, count)]
        calls = [partial(claim, number, uuid.uuid4().hex) for number in numbers]
        for call in calls[:WARM_UP]:
            call()
        call_when_told(calls[WARM_UP:], client)


Claim = Callable[[str, str], None]


def _by_service() -> Claim:
    from coupons.life.actors import customer
    from coupons.services import claim_coupon

    def claim(number: str, key: str) -> None:
        claim_coupon(actor=customer(number), customer_number=number, template_code="POOL", key=key)

    return claim


def _by_bare_sql(schema: str, client: psycopg.Connection) -> Claim:
    from coupons.models import Batch

    batch = Batch.objects.get()
    statements = [
        each.replace("{s}", schema) for each in (_ANSWER, _LIMIT, _COUPON, _LEDGER, _EVENT, _LINK)
    ]

    def claim(number: str, key: str) -> None:
        event = uuid.uuid4()
        values = {
            "answer": uuid.uuid4(), "key": key, "mac": MAC, "body": BODY, "limit": uuid.uuid4(),
            "at": datetime.now(UTC), "template": batch.template_id, "batch": batch.pk,
            "customer": number, "event": event, "event_text": str(event), "label": "#1",
        }  # fmt: skip
        cursor = client.cursor()
        for statement in statements:
            cursor.execute(statement, values)
            if statement is statements[2]:
                values["coupon"] = cursor.fetchone()[0]
        client.commit()

    return claim


if __name__ == "__main__":
    _name, _schema, _way, _worker, _count = sys.argv
    main(_schema, _way, _worker, int(_count))
