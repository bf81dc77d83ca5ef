"""The web server's command: granian in WSGI mode (docs/adr/0009)."""

from __future__ import annotations

import sys

WORKERS, THREADS_PER_WORKER = 2, 4
# A worker that is asked to stop while it loads hears nothing: it keeps the parent's handler until
# it serves. Less than the grace of ``run_together`` and of what supervises a deployment.
SECONDS_TO_STOP = 8


def web_command(
    host: str, port: int, *, workers: int = WORKERS, threads: int = THREADS_PER_WORKER
) -> list[str]:
    options: dict[str, object] = {
        "--interface": "wsgi",
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--workers-kill-timeout": SECONDS_TO_STOP,
        # Left to itself granian opens a thread, and so a database connection, per waiting request.
        "--blocking-threads": threads,
        "--backpressure": 8 * threads,
        # A thread keeps its database connection: the longest idle time there is.
        "--blocking-threads-idle-timeout": 600,
        "--log-level": "warning",
    }
    words = [str(word) for pair in options.items() for word in pair]
    last = ["--no-ws", "--respawn-failed-workers", "config.wsgi:application"]
    return [sys.executable, "-m", "granian", *words, *last]
