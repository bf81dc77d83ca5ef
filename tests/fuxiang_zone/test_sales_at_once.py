"""Rushes on a quota from several processes on the real database: exact, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from django.db import connection

from audit.models import AuditEvent, ChainLink
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import Reservation
from fuxiang_zone.sales import services
from tests.approvals.racing import SLUG, racing_bank
from tests.fuxiang_zone.selling import books, product_on_sale
from tests.province import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES, THREADS = 4, 8
QUOTA, REQUESTS = 300, 5000


def start(uid: UUID, seed: int, calls: int, threads: int, mix: str) -> subprocess.Popen[str]:
    name = quote(str(connection.settings_dict["NAME"]))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    command = [
        sys.executable, "-m", "tests.fuxiang_zone.rush",
        SLUG, str(uid), str(seed), str(calls), str(threads), mix,
    ]  # fmt: skip
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def all_go(workers: list[subprocess.Popen[str]]) -> None:
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == "ready"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()


def outcome_of(workers: list[subprocess.Popen[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for worker in workers:
        out, _errors = worker.communicate(timeout=200)
        found.update(json.loads(out))
    return found


def errors_in(found: Counter[str]) -> set[str]:
    return {name for name in found if name.startswith("error")}


def every_event_is_linked() -> bool:
    links = ChainLink.objects.filter(chain="audit").count()
    return links == AuditEvent.objects.count()


def test_of_five_thousand_at_once_exactly_as_many_get_a_unit_as_there_are() -> None:
    with racing_bank():
        account = product_on_sale(QUOTA)
        workers = [
            start(account.uid, seed, REQUESTS // PROCESSES, THREADS, "reserve")
            for seed in range(PROCESSES)
        ]
        all_go(workers)
        found = outcome_of(workers)

        assert errors_in(found) == set()
        # Threads share the requests evenly; what division leaves over is asked by nobody.
        asked = REQUESTS // PROCESSES // THREADS * THREADS * PROCESSES
        assert found == {"reserve:done": QUOTA, "refused:sold_out": asked - QUOTA}
        assert books(account) == {"held": QUOTA, "confirmed": 0, "rows": QUOTA}
        told = AuditEvent.objects.filter(event="fuxiang_zone.reserved")
        assert told.count() == QUOTA
        assert every_event_is_linked()


def test_a_rush_of_every_verb_ties_out_although_one_process_is_killed() -> None:
    with racing_bank():
        account = product_on_sale(120, most_per_customer=9, hold_minutes=1)
        workers = [start(account.uid, seed, 600, 2, "all") for seed in range(PROCESSES + 1)]
        all_go(workers)
        kill_in_the_middle(workers.pop(), account)
        found = outcome_of(workers)

        assert errors_in(found) == set()
        assert {name for name in found if name.startswith("refused")} <= {
            "refused:sold_out", "refused:customer_limit_reached", "refused:reservation_over",
            "refused:already_confirmed",
        }  # fmt: skip
        for verb in ("reserve:done", "reserve:again", "confirm:done", "release:done"):
            assert found[verb] > 10, found
        state_counts = books(account)
        assert state_counts["confirmed"] > 0
        assert Reservation.objects.filter(state=ReservationState.EXPIRED).exists()
        assert each_reservation_is_told()
        services.expire_reservations(at=Reservation.objects.latest("expires_at").expires_at)
        assert books(account) == {**state_counts, "held": 0}


def kill_in_the_middle(worker: subprocess.Popen[str], account: Any) -> None:
    deadline = time.monotonic() + 30
    while Reservation.objects.filter(product=account.product_id).count() < 100:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert worker.poll() is None, "it was done before it could be killed"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(timeout=20)


def each_reservation_is_told() -> bool:
    """As many events as changes, and each of them in the chain."""
    count = AuditEvent.objects.filter
    rows = Reservation.objects.filter
    expired = sum(
        event.after["reservations"] for event in count(event="fuxiang_zone.reservations_expired")
    )
    return (
        count(event="fuxiang_zone.reserved").count() == Reservation.objects.count()
        and count(event="fuxiang_zone.reservation_confirmed").count()
        == rows(state=ReservationState.CONFIRMED).count()
        and count(event="fuxiang_zone.reservation_released").count()
        == rows(state=ReservationState.RELEASED).count()
        and expired == rows(state=ReservationState.EXPIRED).count()
        and every_event_is_linked()
    )
