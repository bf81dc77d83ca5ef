"""The web server as it is started everywhere."""

from __future__ import annotations

import subprocess
import time

import psutil

from config.web import WORKERS, web_command
from tests.province import ROOT, free_port


def test_a_server_that_is_stopped_while_it_loads_ends() -> None:
    """Its workers hear nothing before they serve, and are killed."""
    server = subprocess.Popen(web_command("127.0.0.1", free_port()), cwd=ROOT)
    started: list[psutil.Process] = []
    try:
        while len(started) < WORKERS:
            assert server.poll() is None
            started = psutil.Process(server.pid).children()
            time.sleep(0.01)
        server.terminate()
        server.wait(timeout=60)
        assert not psutil.wait_procs(started, timeout=10)[1]
    finally:
        for process in [server, *(each for each in started if each.is_running())]:
            process.kill()
        server.wait()
