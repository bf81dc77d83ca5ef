"""What the callers of a crowd have in common (``benchmarks.crowd`` reads what they print)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection


def bare_client(**options: Any) -> psycopg.Connection:
    """To the database of Django's connection; each statement is prepared when it is first sent."""
    parameters = connection.get_connection_params()
    places = {
        key: parameters[key]
        for key in ("host", "port", "user", "password", "dbname")
        if key in parameters
    }
    return psycopg.connect(**places, prepare_threshold=0, **options)


def call_when_told(
    calls: Sequence[Callable[[], object]], client: psycopg.Connection | None
) -> None:
    """``client``: the bare one, when it is not Django's connection that calls."""
    connection.ensure_connection()
    print((client or connection.connection).info.backend_pid, flush=True)
    sys.stdin.readline()
    times = []
    began = last = time.time()
    for call in calls:
        call()
        now = time.time()
        times.append((now - last) * 1000)
        last = now
    print(json.dumps({"began": began, "ended": last, "times": times}), flush=True)
