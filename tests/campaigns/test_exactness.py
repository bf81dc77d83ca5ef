"""The same events from several processes, one of which is killed: the books agree to the cent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest

from tests.coupons.test_exactness import manage
from tests.province import ROOT, migrated_database

EVENTS, PROCESSES = 240, 3
KEPT = EVENTS - len(range(0, EVENTS, 3))
_PREPARE = """
from datetime import datetime, UTC
from django_tenants.utils import tenant_context
from tenants.services import provision_bank
from tests.campaigns.making import a_campaign, a_template
bank = provision_bank(slug="alpha", name="Alpha Bank", short_name="Alpha")
with tenant_context(bank):
    a_campaign(a_template(400), starts_at=datetime(2026, 11, 1, tzinfo=UTC))
"""
_TIE = """
from django.utils import timezone
from django_tenants.utils import tenant_context
from campaigns.services import apply_due, tie_out
from tenants.models import Bank
with tenant_context(Bank.objects.get(slug="alpha")):
    for round in range(20):
        apply_due(at=timezone.now())
    from campaigns.models import Campaign
    print(tie_out(Campaign.objects.get().pk).breaks)
"""

_ACCOUNT = "SELECT counted, committed_cents FROM {s}.campaigns_campaignaccount"
_TIED = "SELECT is_even, breaks::text FROM {s}.campaigns_daytie"
_CLAIMED = "SELECT count(*) FROM {s}.coupons_coupon WHERE state = 'claimed'"


@pytest.mark.django_db
def test_a_killed_process_neither_loses_nor_doubles_anything(django_db_setup: Any) -> None:
    with migrated_database("campaignrush") as env:
        manage(env, "shell", "-c", _PREPARE)
        workers = [_start(env, seed) for seed in range(PROCESSES)]
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        _kill_amid(env, workers[0])
        told = [json.loads(worker.communicate(timeout=180)[0]) for worker in workers[1:]]
        assert all(set(each) <= {"taken", "duplicate"} for each in told), told
        manage(env, "shell", "-c", _TIE)
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            assert _one(connection, _ACCOUNT) == (KEPT, KEPT * 500)
            assert _one(connection, _TIED) == (True, "[]")
            assert _one(connection, _CLAIMED) == (KEPT,)


def _start(env: dict[str, str], seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.campaigns.rush", "alpha", str(seed), str(EVENTS)]
    worker = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout.readline() == "ready\n"
    return worker


def _kill_amid(env: dict[str, str], worker: subprocess.Popen[str]) -> None:
    """When a good part of the events is in, and not all."""
    deadline = time.monotonic() + 60
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        while _one(connection, "SELECT count(*) FROM {s}.campaigns_event")[0] < EVENTS // 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def _one(connection: Any, statement: str) -> tuple[Any, ...]:
    return connection.execute(statement.replace("{s}", "b_alpha")).fetchone()
