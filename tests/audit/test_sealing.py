from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from audit import chains, sealing
from audit.models import AuditEvent, ChainHead, ChainLink
from audit.sealing import schemas_with_unsealed, seal_chains
from audit.services import record
from audit.verification import verify_chain
from tests.audit.conftest import HAPPENED

Happen = Callable[..., list[AuditEvent]]
InThreads = Callable[..., list[Any]]


def places() -> list[int]:
    placed = ChainLink.objects.exclude(position=None).order_by("position")
    return list(placed.values_list("position", flat=True))


def assert_intact() -> None:
    assert verify_chain(chains.get(chains.AUDIT)).broken is None


def test_sealing_numbers_the_rows_without_gaps_and_remembers_the_end(
    scratch: str, happen: Happen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    happen(7)
    assert seal_chains() == 7
    happen(1)
    assert seal_chains() == 1
    assert seal_chains() == 0

    head = ChainHead.objects.get()
    assert places() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert head.position == 8
    assert head.hash == ChainLink.objects.get(position=8).hash
    assert_intact()


def test_eight_writers_beside_two_sealers_leave_every_row_in_its_place(
    scratch: str, happen: Happen, in_threads: InThreads
) -> None:
    done = threading.Event()

    def write() -> None:
        happen(200)

    def seal() -> int:
        sealed = 0
        while not done.wait(0.01):
            sealed += seal_chains()
        return sealed

    def write_all() -> None:
        in_threads(*[write] * 8)
        done.set()

    _, first, second = in_threads(write_all, seal, seal)
    rest = seal_chains()

    assert first + second + rest == 1600
    assert AuditEvent.objects.count() == 1600
    assert places() == list(range(1, 1601))
    assert_intact()


def test_an_open_transaction_blocks_neither_the_sealer_nor_other_writers(
    scratch: str, happen: Happen, in_threads: InThreads
) -> None:
    written, sealed = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            record(HAPPENED, actor=None, target_label="late")
            written.set()
            assert sealed.wait(20)

    def others() -> int:
        assert written.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        happen(3)
        count = seal_chains()
        sealed.set()
        return count

    _, count = in_threads(slow_writer, others)

    assert count == 3
    assert seal_chains() == 1
    late = AuditEvent.objects.get(target_label="late")
    assert ChainLink.objects.get(row_id=late.id).position == 4
    # It was written first, and placed last.
    assert ChainLink.objects.order_by("id").first().row_id == str(late.id)  # type: ignore[union-attr]
    assert_intact()


def test_a_sealer_at_work_blocks_no_writer(
    scratch: str, happen: Happen, in_threads: InThreads
) -> None:
    placed, written = threading.Event(), threading.Event()
    place = sealing._place

    def place_slowly(*args: Any) -> None:
        place(*args)
        placed.set()
        assert written.wait(20)

    def write() -> None:
        assert placed.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        happen(2)
        written.set()

    happen(2)
    with patch.object(sealing, "_place", place_slowly):
        in_threads(seal_chains, write)

    assert places() == [1, 2, 3, 4]
    assert_intact()


def test_a_chain_that_another_sealer_holds_is_left_to_it(
    scratch: str, happen: Happen, in_threads: InThreads
) -> None:
    happen(1)
    seal_chains()
    happen(1)
    with transaction.atomic():
        ChainHead.objects.select_for_update().get()

        [sealed] = in_threads(lambda: seal_chains(wait=False))

    assert sealed == 0
    assert seal_chains() == 1


@pytest.mark.parametrize("step", ["_require_sound", "_place"])
def test_a_sealer_killed_in_the_middle_leaves_whole_batches(
    scratch: str, happen: Happen, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    happen(5)
    whole = getattr(sealing, step)
    calls = []

    def die_the_second_time(*args: Any) -> None:
        whole(*args)
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with patch.object(sealing, step, die_the_second_time), pytest.raises(KeyboardInterrupt):
        seal_chains()

    assert places() == [1, 2]
    assert_intact()
    assert seal_chains() == 3
    assert_intact()


def test_one_query_tells_which_schemas_wait_for_the_sealer(
    alpha: Any, beta: Any, happen: Happen, django_assert_num_queries: Any
) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(alpha):
        seal_chains()
    with tenant_context(beta):
        happen(1)
    schemas = ["public", alpha.schema_name, beta.schema_name]

    waiting = schemas_with_unsealed(schemas)

    assert alpha.schema_name not in waiting
    assert beta.schema_name in waiting


def test_a_schema_without_the_tables_does_not_hide_the_others(alpha: Any, happen: Happen) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(alpha):
        happen(1)

    assert schemas_with_unsealed([alpha.schema_name, "no_such_schema"]) == [alpha.schema_name]
