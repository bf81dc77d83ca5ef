from __future__ import annotations

import os
import time
from collections.abc import Callable

from tests.tenants.own import OwnProvince

# A process that serves: prints what it knows each time it is asked by a line on its stdin.
SERVES = """
import os
from tenants.changes import current_directory, version_of
def state():
    bank = current_directory().bank_of("north.localhost")
    return [version_of("b_north"), bank.status if bank else None, os.getpid()]
for line in sys.stdin:
    if line.strip() == "fork" and os.fork() == 0:
        print(json.dumps(state()), flush=True)
        os._exit(0)
    if line.strip() == "ask":
        print(json.dumps(state()), flush=True)
"""
CHANGE = """
from tenants.models import Bank
from tenants.services import change_bank_status
bank = Bank.objects.get(slug="north")
change_bank_status(actor=None, bank=bank, status={status!r}, reason="test")
"""


def serving(own: OwnProvince) -> tuple[Callable[[str], list[object]], Callable[[], None]]:
    import json
    import subprocess
    import sys

    from tests.province import ROOT
    from tests.tenants.own import PRELUDE

    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + SERVES], cwd=ROOT, env=own.env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def ask(word: str) -> list[object]:
        stdin.write(f"{word}\n")
        stdin.flush()
        answer: list[object] = json.loads(stdout.readline())
        return answer

    def stop() -> None:
        stdin.close()
        process.wait(timeout=10)

    return ask, stop


def wait_for(seen: Callable[[], bool], seconds: float) -> float:
    started = time.monotonic()
    while not seen():
        assert time.monotonic() - started < seconds
        time.sleep(0.05)
    return time.monotonic() - started


def test_another_process_follows_within_a_second_and_after_a_lost_connection(
    own: OwnProvince,
) -> None:
    ask, stop = serving(own)
    try:
        version, status, _pid = ask("ask")
        assert status == "active"

        own.run(CHANGE.format(status="suspended"))
        # The change was committed before its process ended: what is left of a second is enough.
        wait_for(lambda: ask("ask")[:2] == [version + 1, "suspended"], 1.0)  # type: ignore[operator]

        own.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        own.run(CHANGE.format(status="active"))
        wait_for(lambda: ask("ask")[:2] == [version + 2, "active"], 3.0)  # type: ignore[operator]
    finally:
        stop()


def test_a_forked_process_reads_for_itself(own: OwnProvince) -> None:
    ask, stop = serving(own)
    try:
        version, _status, parent = ask("ask")

        in_child = ask("fork")

        assert in_child[:2] == [version, "active"]
        assert in_child[2] not in {parent, os.getpid()}
    finally:
        stop()
