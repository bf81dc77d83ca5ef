"""Rushes on a quota from several processes on the real database: exact, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from django.db import connection

from audit.models import AuditEvent, ChainLink
from fuxiang_zone.choices import ReservationState
from fuxiang_zone.models import CustomerShare, Reservation
from fuxiang_zone.sales import services
from tests.approvals.racing import SLUG, racing_bank
from tests.fuxiang_zone.selling import books, product_on_sale
from tests.province import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES, THREADS = 5, 10
QUOTA, REQUESTS = 300, 5000


def start(seed: int) -> subprocess.Popen[str]:
    name = quote(str(connection.settings_dict["NAME"]))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.fuxiang_zone.rush", SLUG, str(seed)],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[str]]]:
    with racing_bank():
        started = [start(seed) for seed in range(PROCESSES)]
        try:
            for worker in started:
                assert line_of(worker) == "ready"
            yield started
        finally:
            for worker in started:
                worker.kill()
                worker.communicate()


def line_of(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def all_go(workers: list[subprocess.Popen[str]], uid: UUID, work: str) -> None:
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(f"{uid} {work}\n")
        worker.stdin.flush()


def outcome_of(workers: list[subprocess.Popen[str]]) -> Counter[str]:
    return sum((Counter(json.loads(line_of(worker))) for worker in workers), Counter())


def errors_in(found: Counter[str]) -> set[str]:
    return {name for name in found if name.startswith("error")}


def every_event_is_linked() -> bool:
    links = ChainLink.objects.filter(chain="audit").count()
    return links == AuditEvent.objects.count()


Workers = list[subprocess.Popen[str]]


def test_a_rush_is_exact_and_its_books_tie_out_whoever_is_killed(workers: Workers) -> None:
    """One test for both rushes: starting the processes is most of what they cost."""
    exactly_as_many_get_a_unit_as_there_are(workers)
    every_verb_ties_out_although_one_process_is_killed(workers)


def exactly_as_many_get_a_unit_as_there_are(workers: Workers) -> None:
    account = product_on_sale(QUOTA)
    all_go(workers, account.uid, f"{REQUESTS // PROCESSES} {THREADS} reserve")
    found = outcome_of(workers)

    assert errors_in(found) == set()
    assert found == {"reserve:done": QUOTA, "refused:sold_out": REQUESTS - QUOTA}
    assert books(account) == {"held": QUOTA, "confirmed": 0, "rows": QUOTA}
    told = AuditEvent.objects.filter(event="fuxiang_zone.reserved")
    assert told.count() == QUOTA
    assert every_event_is_linked()


def every_verb_ties_out_although_one_process_is_killed(workers: Workers) -> None:
    account = product_on_sale(120, most_per_customer=9, hold_minutes=1)
    all_go(workers, account.uid, "500 2 all")
    kill_in_the_middle(workers[-1], account)
    found = outcome_of(workers[:-1])

    assert errors_in(found) == set()
    assert {name for name in found if name.startswith("refused")} <= {
        "refused:sold_out", "refused:customer_limit_reached", "refused:reservation_over",
        "refused:already_confirmed",
    }  # fmt: skip
    for verb in ("reserve:done", "reserve:again", "confirm:done", "release:done"):
        assert found[verb] > 10, found
    before = books(account)
    assert before["confirmed"] > 0
    shares = CustomerShare.objects.filter(product=account.product_id)
    assert not shares.filter(units__gt=account.most_per_customer).exists()
    assert Reservation.objects.filter(state=ReservationState.EXPIRED).exists()
    assert each_reservation_is_told()
    rows = Reservation.objects.filter(product=account.product_id)
    services.expire_reservations(at=rows.latest("expires_at").expires_at)
    assert books(account) == {**before, "held": 0}


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
