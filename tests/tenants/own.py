"""A database of their own for tests with real processes, real commits and real kills."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.province import ROOT, Province, free_port, migrated_database

PRELUDE = "import django, json, sys; django.setup()\n"


@dataclass(frozen=True)
class OwnProvince(Province):
    """Of ``manage`` and the web server of a province, on an empty database."""

    @property
    def database_url(self) -> str:
        return self.env["DATABASE_URL"]

    def start(self, code: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code], cwd=ROOT, env={**self.env, **env},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, code: str, **env: str) -> Any:
        """Run Python in a process with Django set up; gives what it prints, as JSON."""
        process = self.start(code, **env)
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return json.loads(out) if out.strip() else None

    def upgrade(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "upgrade_banks", *arguments], cwd=ROOT,
            env={**self.env, **env}, check=False, capture_output=True, text=True, timeout=200,
        )  # fmt: skip

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as client:
            return client.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as client:
            client.execute(statement)  # type: ignore[arg-type]


@contextmanager
def own_province(name: str) -> Iterator[OwnProvince]:
    """Public and the template are migrated; there is no bank yet."""
    with migrated_database(name) as env:
        yield OwnProvince(free_port(), {**env, "PYTHONWARNINGS": "ignore"})
