"""One of several processes that claim coupons, through the service or by bare SQL.

``python -m benchmarks.peers.claimer SCHEMA WAY NAME CLAIMS``: says which server process it has,
waits for a line, claims, and prints when it began and ended and how long each claim took.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import django

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
    from django.db import connection
    from django_tenants.utils import tenant_context

    from tenants.models import Bank

    with tenant_context(Bank.objects.get(schema_name=schema)):
        claim = _by_service() if way == "service" else _by_bare_sql(schema)
        numbers = [f"{way[0]}{name}-{number}" for number in range(-WARM_UP, count)]
        keys = [uuid.uuid4().hex for _number in numbers]
        for number, key in zip(numbers[:WARM_UP], keys, strict=False):
            claim(number, key)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
        print(_backend(claim, backend), flush=True)
        sys.stdin.readline()
        print(json.dumps(_timed(claim, numbers[WARM_UP:], keys[WARM_UP:])), flush=True)


Claim = Callable[[str, str], None]


def _timed(claim: Claim, numbers: list[str], keys: list[str]) -> dict[str, object]:
    times = []
    began = last = time.time()
    for number, key in zip(numbers, keys, strict=True):
        claim(number, key)
        now = time.time()
        times.append((now - last) * 1000)
        last = now
    return {"began": began, "ended": last, "times": times}


def _by_service() -> Claim:
    from coupons.life.actors import customer
    from coupons.services import claim_coupon

    def claim(number: str, key: str) -> None:
        claim_coupon(actor=customer(number), customer_number=number, template_code="POOL", key=key)

    return claim


def _by_bare_sql(schema: str) -> Claim:
    import psycopg
    from django.db import connection

    from coupons.models import Batch

    batch = Batch.objects.get()
    parameters = connection.get_connection_params()
    kept = {
        key: parameters[key]
        for key in ("host", "port", "user", "password", "dbname")
        if key in parameters
    }
    # Each statement is prepared when it is first sent.
    client = psycopg.connect(**kept, prepare_threshold=0)
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

    claim.backend = client.info.backend_pid
    return claim


def _backend(claim: Claim, usual: int) -> int:
    return getattr(claim, "backend", usual)


if __name__ == "__main__":
    _name, _schema, _way, _worker, _count = sys.argv
    main(_schema, _way, _worker, int(_count))
