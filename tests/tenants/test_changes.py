from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.tenants.own import OwnProvince, Talking, own_province

# A process that serves: prints what it knows each time it is asked by a line on its stdin.
SERVES = """
import os
from tenants.changes import current_directory, version_of
def state():
    bank = current_directory().bank_of("north.localhost")
    return [version_of("b_north"), bank.status if bank else None, os.getpid()]
for line in sys.stdin:
    if line.strip() == "fork" and os.fork() == 0:
        try:
            print(json.dumps(state()), flush=True)
        except Exception as error:  # an answer too: whoever asked waits for one
            print(json.dumps([str(error)]), flush=True)
        os._exit(0)
    if line.strip() == "ask":
        print(json.dumps(state()), flush=True)
"""
# Another one, that changes the bank's status to what it reads and answers when it is committed.
CHANGES = """
from django.db import connection
from tenants.models import Bank
from tenants.services import change_bank_status, provision_bank
bank = provision_bank(slug="north", name="North Bank")
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    change_bank_status(actor=None, bank=bank, status=line.strip(), reason="test")
    connection.close()
    print(json.dumps("changed"), flush=True)
"""


@dataclass(frozen=True)
class Two:
    own: OwnProvince
    serving: Talking
    changing: Talking

    def state(self) -> list[object]:
        return self.serving.ask("ask")  # type: ignore[no-any-return]

    def change(self, status: str) -> None:
        assert self.changing.ask(status) == "changed"


@pytest.fixture(scope="module")
def two(django_db_setup: None) -> Iterator[Two]:
    """A process that serves and one that changes: starting them takes seconds."""
    with (
        own_province("changes") as own,
        own.talking(CHANGES) as changing,
        own.talking(SERVES) as serving,
    ):
        assert changing.hear() == "ready"
        yield Two(own, serving, changing)


def wait_for(seen: Callable[[], bool], seconds: float) -> float:
    started = time.monotonic()
    while not seen():
        assert time.monotonic() - started < seconds
        time.sleep(0.05)
    return time.monotonic() - started


def test_another_process_follows_within_a_second_and_after_a_lost_connection(two: Two) -> None:
    version, status, _pid = two.state()
    assert status == "active"

    two.change("suspended")
    wait_for(lambda: two.state()[:2] == [version + 1, "suspended"], 1.0)  # type: ignore[operator]

    two.own.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    two.change("active")
    wait_for(lambda: two.state()[:2] == [version + 2, "active"], 3.0)  # type: ignore[operator]


def test_a_forked_process_reads_for_itself(two: Two) -> None:
    version, status, parent = two.state()

    in_child = two.serving.ask("fork")

    assert in_child[:2] == [version, status]
    assert status is not None
    assert in_child[2] not in {parent, os.getpid()}
