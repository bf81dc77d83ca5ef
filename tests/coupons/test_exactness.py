"""Ten thousand calls at once from several processes, one of which is killed: the books agree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.province import ROOT, migrated_database

POOL, CALLS, PROCESSES = 1000, 2500, 5
LIMIT = 3
FACE = 500
_PREPARE = """
from django_tenants.utils import tenant_context
from tenants.services import provision_bank
from tests.coupons.making import live_template, stock
bank = provision_bank(slug="alpha", name="Alpha Bank", short_name="Alpha")
with tenant_context(bank):
    limit = {"action": "claim", "measure": "count", "period": "lifetime", "per": "customer"}
    daily = {"action": "redeem", "measure": "amount", "period": "day", "per": "template"}
    limits = [{**limit, "limit": %(limit)d}, {**daily, "limit": 10**9}]
    stock(live_template("RUSH", limits=limits), %(pool)d)
"""
_STATES = "SELECT state, count(*), sum(redeemed_cents) FROM b_alpha.coupons_coupon GROUP BY 1"


@pytest.fixture(scope="module")
def rushed(django_db_setup: Any) -> Any:
    """The outcome of the calls, and a connection to what they left."""
    with migrated_database("rush") as env:
        manage(env, "shell", "-c", _PREPARE % {"limit": LIMIT, "pool": POOL})
        outcome = run(env)
        with psycopg.connect(env["DATABASE_URL"], row_factory=dict_row) as connection:
            yield outcome, connection


def manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True,
        capture_output=True, timeout=300,
    )  # fmt: skip


def run(env: dict[str, str]) -> Counter[str]:
    workers = [
        subprocess.Popen(
            [
                sys.executable, "-m", "tests.coupons.rush", "alpha", "RUSH", str(seed), str(CALLS)
            ],
            cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for seed in range(PROCESSES)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "ready"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    kill_in_the_middle(workers[-1])
    found: Counter[str] = Counter()
    for worker in workers[:-1]:
        out, _errors = worker.communicate(timeout=280)
        found.update(json.loads(out))
    return found


def kill_in_the_middle(worker: subprocess.Popen[str]) -> None:
    time.sleep(2)
    assert worker.poll() is None, "it was done before it could be killed"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(timeout=20)


def one(connection: Any, statement: str) -> dict[str, Any]:
    return connection.execute(statement).fetchone()


def test_every_call_succeeds_or_is_refused_in_clear_words(rushed: Any) -> None:
    outcome, _connection = rushed

    assert sum(outcome.values()) == CALLS * (PROCESSES - 1)
    assert {name for name in outcome if name.startswith("error")} == set()
    refusals = {name for name in outcome if name.startswith("refused")}
    assert refusals <= {
        "refused:out_of_stock", "refused:limit_reached", "refused:unknown_coupon",
        "refused:already_redeemed", "refused:not_redeemed", "refused:bad_amount",
    }  # fmt: skip
    assert outcome["claim:again"] > 100


def test_the_whole_pool_is_claimed_and_nothing_beyond_it(rushed: Any) -> None:
    _outcome, connection = rushed

    states = {row["state"]: row["count"] for row in connection.execute(_STATES)}
    assert sum(states.values()) == POOL
    assert set(states) == {"claimed", "redeemed"}
    claims = "SELECT count(*) AS n, count(DISTINCT coupon_id) AS c FROM {} WHERE action = 'claim'"
    found = one(connection, claims.format("b_alpha.coupons_ledgerentry"))
    assert (found["n"], found["c"]) == (POOL, POOL)


def test_no_customer_has_more_than_the_limit_and_counters_say_what_is_held(rushed: Any) -> None:
    _outcome, connection = rushed

    held = {
        row["customer_number"]: row["n"]
        for row in connection.execute(
            "SELECT customer_number, count(*) AS n FROM b_alpha.coupons_coupon GROUP BY 1"
        )
    }
    counted = {
        row["subject"]: row["used"]
        for row in connection.execute(
            "SELECT subject, used FROM b_alpha.coupons_limitcounter WHERE subject <> ''"
        )
    }
    assert max(held.values()) <= LIMIT
    assert held == counted


def test_ledger_states_counters_and_shares_agree_to_the_cent(rushed: Any) -> None:
    _outcome, connection = rushed

    ledger = one(
        connection,
        "SELECT sum(accrued_cents) AS accrued, sum(spent_cents) AS spent,"
        " sum(province_cents + bank_cents + merchant_cents) AS shares"
        " FROM b_alpha.coupons_ledgerentry",
    )
    states = {row["state"]: row for row in connection.execute(_STATES)}
    assert ledger["spent"] == sum(row["sum"] for row in states.values()) == ledger["shares"]
    assert ledger["accrued"] == FACE * states["claimed"]["count"]
    daily = one(connection, "SELECT used FROM b_alpha.coupons_limitcounter WHERE subject = ''")
    assert daily["used"] == ledger["spent"]


def test_every_coupon_was_redeemed_and_reversed_in_turns(rushed: Any) -> None:
    _outcome, connection = rushed

    rows = connection.execute(
        "SELECT coupon_id, from_state, to_state FROM b_alpha.coupons_ledgerentry"
        " WHERE coupon_id IS NOT NULL ORDER BY coupon_id, id"
    )
    states: dict[int, str] = {}
    for row in rows:
        assert states.get(row["coupon_id"], "stocked") == row["from_state"]
        states[row["coupon_id"]] = row["to_state"]
    now = connection.execute("SELECT id, state FROM b_alpha.coupons_coupon")
    assert states == {row["id"]: row["state"] for row in now}


def test_every_change_has_its_answer_and_its_line_in_the_trail(rushed: Any) -> None:
    _outcome, connection = rushed

    found = one(
        connection,
        "SELECT (SELECT count(*) FROM b_alpha.coupons_answer WHERE status = 200) AS answers,"
        " (SELECT count(*) FROM b_alpha.coupons_ledgerentry WHERE coupon_id IS NOT NULL)"
        " AS entries, (SELECT count(*) FROM b_alpha.audit_auditevent"
        " WHERE target_kind = 'coupons.coupon') AS events",
    )
    assert found["answers"] == found["entries"] == found["events"]
