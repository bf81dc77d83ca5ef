"""What every benchmark needs: a database of its own, a stopwatch, and a place for its figures."""

from __future__ import annotations

import json
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

import benchmarks

RESULTS = Path(__file__).with_name("results.json")
NOT_BENCHMARKS = {"harness", "__main__"}


class Wanted(NamedTuple):
    """``at_least`` and ``at_most`` are the limits of the issue; ``hoped`` is what it wishes for."""

    at_least: float | None = None
    at_most: float | None = None
    hoped: float | None = None

    def met_by(self, figure: float) -> bool:
        return (self.at_least is None or figure >= self.at_least) and (
            self.at_most is None or figure <= self.at_most
        )

    def __str__(self) -> str:
        limit = f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"
        return f"{limit}, hoped {self.hoped:g}" if self.hoped is not None else limit


def modules(only: str = "") -> Iterator[ModuleType]:
    for entry in pkgutil.iter_modules(benchmarks.__path__):
        if entry.name not in NOT_BENCHMARKS and only in {"", entry.name}:
            module = import_module(f"benchmarks.{entry.name}")
            if hasattr(module, "figures"):
                yield module


def run(module: ModuleType) -> dict[str, float]:
    """The figures of one benchmark, on a database that ends with it."""
    with throw_away_database(f"bench_{module.__name__.rpartition('.')[2]}"):
        found: dict[str, float] = module.figures()
    missing = module.WANTED.keys() - found.keys()
    if missing:
        raise RuntimeError(f"{module.__name__} did not measure {', '.join(sorted(missing))}.")
    return found


def merge_results(figures: Mapping[str, float]) -> None:
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    merged = {**known, **{name: round(value, 4) for name, value in figures.items()}}
    RESULTS.write_text(json.dumps(dict(sorted(merged.items())), indent=2) + "\n")


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def throw_away_database(name: str) -> Iterator[None]:
    """The process works on an empty database with public's tables, until the block ends."""
    settings = connections.settings["default"]  # the connection's own settings too: one object
    connections.close_all()
    usual, settings["NAME"] = settings["NAME"], name
    _recreate(name, usual)
    try:
        call_command("migrate_schemas", schema_name="public", verbosity=0)
        yield
    finally:
        connections.close_all()
        settings["NAME"] = usual
        _drop(name, usual)


def _recreate(name: str, usual: str) -> None:
    _drop(name, usual)
    with _maintenance(usual) as client:
        # From template0, as initdb left it: what an owner put into template1 is not ours.
        client.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        )


def _drop(name: str, usual: str) -> None:
    with _maintenance(usual) as client:
        client.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _maintenance(database: str) -> psycopg.Connection:
    parameters = connection.get_connection_params()
    kept = {
        key: parameters[key] for key in ("host", "port", "user", "password") if key in parameters
    }
    return psycopg.connect(**kept, dbname=database, autocommit=True)
