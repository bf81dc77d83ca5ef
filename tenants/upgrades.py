"""Bringing every schema up to the code: who is behind is asked at once, and only those migrate."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from tenants.applied import bank_is_behind, banks_behind, public_is_behind
from tenants.choices import UpgradeState
from tenants.locks import held
from tenants.models import Bank, BankUpgrade
from tenants.platform import PLATFORM
from tenants.schemas import migrate_schema, require_schema
from tenants.search_path import on_public
from tenants.seeds import seed_digest
from tenants.services import announce_change
from tenants.template import current_replay, has_current_replay

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    schema: str
    state: str
    seconds: float
    error: str = ""


@dataclass(slots=True)
class Report:
    banks: int = 0
    behind: int = 0
    upgraded: int = 0
    failed: int = 0
    seconds: float = 0.0
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.upgraded += outcome.state == UpgradeState.DONE
        self.failed += outcome.state == UpgradeState.FAILED

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def upgrade_all(*, wave: int = 20, jobs: int = 2, progress: Progress | None = None) -> Report:
    """Public, then the template, then the banks that are behind, ``jobs`` at a time.

    May be killed and run again at any moment. One bank's failure is in the report and stops no
    other; without public or the template nothing else is tried.
    """
    started = time.perf_counter()
    report = Report()
    with on_public():
        for outcome in _foundations():
            report.failed += outcome.state == UpgradeState.FAILED
            report.outcomes.append(outcome)
        if not report.failed:
            report.banks, behind = banks_behind()
            report.behind = len(behind)
            for outcome in _in_waves(behind, wave, jobs):
                report.add(outcome)
                if progress:
                    progress(report.upgraded + report.failed, report.behind)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _foundations() -> Iterator[Outcome]:
    """What all banks stand on. New code re-seeds public too, though no migration says so."""
    if public_is_behind() or not has_current_replay():
        public = _timed(PLATFORM.schema_name, lambda: migrate_schema(PLATFORM.schema_name))
        yield public
        if public.state == UpgradeState.DONE:
            _note(public)  # not when it failed: the table may be what is missing
            template = _timed(settings.TEMPLATE_SCHEMA, current_replay)
            _note(template)
            yield template


def _in_waves(schemas: Sequence[str], wave: int, jobs: int) -> Iterator[Outcome]:
    for start in range(0, len(schemas), wave):
        part = schemas[start : start + wave]
        if jobs > 1 and len(part) > 1:
            yield from _in_processes(part, jobs)
        else:
            yield from map(upgrade_schema, part)


def _in_processes(schemas: Sequence[str], jobs: int) -> Iterator[Outcome]:
    """New processes for each wave: what a process knows of the catalogue only grows."""
    connections.close_all()  # a forked child must not talk on its parent's connections
    left = list(schemas)
    with _pool(min(jobs, len(schemas))) as pool:
        futures = {pool.submit(upgrade_schema, schema): schema for schema in schemas}
        for future in as_completed(futures):
            try:
                outcome = future.result()
            except BrokenProcessPool:
                break
            left.remove(futures[future])
            yield outcome
    # A process was killed: each bank that is left gets a process of its own.
    for schema in left:
        yield _alone(schema)


def _alone(schema: str) -> Outcome:
    connections.close_all()
    with _pool(1) as pool:
        try:
            return pool.submit(upgrade_schema, schema).result()
        except BrokenProcessPool:
            outcome = Outcome(schema, UpgradeState.FAILED, 0.0, "The process was killed.")
    _note(outcome)
    return outcome


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs, mp_context=get_context("fork"), initializer=_end_with, initargs=(os.getpid(),)
    )


def _end_with(parent: int) -> None:
    """An upgrade that is killed takes its processes along; what they had begun rolls back."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def upgrade_schema(schema: str) -> Outcome:
    """One bank, under its lock: whoever comes second finds it done."""
    with on_public():
        _note(Outcome(schema, UpgradeState.RUNNING, 0.0))
        outcome = _timed(schema, lambda: _upgrade_bank(schema))
        _note(outcome)
    return outcome


def _upgrade_bank(schema: str) -> None:
    with held(f"bank.upgrade.{schema}"):
        if not bank_is_behind(schema):
            return
        require_schema(schema)
        migrate_schema(schema)
        with transaction.atomic():
            Bank.objects.filter(schema_name=schema).update(seed_digest=seed_digest())
            announce_change(schema)


def _timed(schema: str, work: Callable[[], object]) -> Outcome:
    started = time.perf_counter()
    state, error = UpgradeState.DONE, ""
    try:
        work()
    except Exception as failure:  # noqa: BLE001  whatever it was, the other banks go on
        state, error = UpgradeState.FAILED, f"{type(failure).__name__}: {failure}".strip()
        connection.close()  # also lets go of the lock
    return Outcome(schema, state.value, round(time.perf_counter() - started, 3), error)


def _note(outcome: Outcome) -> None:
    row = BankUpgrade(
        schema_name=outcome.schema,
        state=outcome.state,
        started_at=timezone.now() - dt.timedelta(seconds=outcome.seconds),
        seconds=Decimal(str(outcome.seconds)),
        error=outcome.error,
    )
    BankUpgrade.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["schema_name"],
        update_fields=["state", "started_at", "seconds", "error"],
    )
