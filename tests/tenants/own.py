"""A database of their own for tests with real processes, real commits and real kills."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.province import ROOT, Province, free_port, migrated_database, own_database

PRELUDE = "import django, json, sys; django.setup()\n"


@dataclass(frozen=True)
class Talking:
    """A process that answers the lines it is given, in JSON."""

    process: subprocess.Popen[str]

    def ask(self, line: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.hear()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


@dataclass(frozen=True)
class OwnProvince(Province):
    """Of ``manage`` and the web server of a province, on an empty database."""

    @property
    def database_url(self) -> str:
        return self.env["DATABASE_URL"]

    @property
    def database(self) -> str:
        return urlsplit(self.database_url).path.removeprefix("/")

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

    @contextmanager
    def talking(self, code: str) -> Iterator[Talking]:
        """Until its stdin ends."""
        with subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code], cwd=ROOT, env=self.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            yield Talking(process)
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)

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
        yield _on(env)


@contextmanager
def copied_province(name: str, source: OwnProvince) -> Iterator[OwnProvince]:
    """As ``source`` is now, which nobody may be connected to: copying the banks takes a fraction
    of a second, making them takes many."""
    with own_database(name, template=source.database) as env:
        yield _on(env)


def _on(env: dict[str, str]) -> OwnProvince:
    return OwnProvince(free_port(), {**env, "PYTHONWARNINGS": "ignore"})
