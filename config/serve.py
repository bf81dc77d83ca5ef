"""``make run``: the whole province on one machine; Ctrl-C stops everything that this started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from config import env
from config.embedded import EmbeddedError
from config.embedded.processes import Process, run_together
from config.local import prepare_environment
from config.web import web_command
from openapi_gateway.upstream.simulators import launching

# Local runs work as root too, and need not be told each time.
AS_ROOT = "ignore:You're running the worker"
# One worker has nobody to gossip with.
ALONE = ["--without-gossip", "--without-mingle"]
# Long work: imports, exports.
JOBS = ["--queues=jobs", "--hostname=jobs@%h"]
TASK_WORKERS, JOB_WORKERS = 2, 2


def main() -> int:
    try:
        prepare_environment()
        port, host = env.integer("PORT", 8000), env.text("HOST", "127.0.0.1")
        _refuse_taken_port(host, port)
        simulators = _simulators()
        if code := _prepare_database():
            return code
        return _serve(host, port, simulators)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EmbeddedError(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Choose another one: make run PORT={port + 1}"
            ) from error


def _prepare_database() -> int:
    """Bring every schema up to date and, where that is allowed, fill an empty province."""
    steps = [["upgrade_banks"]]
    if env.boolean("FUXIANG_EMBEDDED") or env.boolean("DEMO"):
        steps.append(["load_demo"] if env.boolean("DEMO") else ["load_demo", "--if-new"])
    if not (env.boolean("DEBUG") or env.boolean("FUXIANG_EMBEDDED")):
        steps.append(["collectstatic", "--noinput", "--verbosity", "0"])
    for step in steps:
        if code := subprocess.run([sys.executable, "manage.py", *step], check=False).returncode:
            return code
    return 0


def _simulators() -> list[Process]:
    """In place of the systems that a local run is not connected to; their addresses go into the
    environment of everything that starts after this."""
    if not (env.boolean("DEBUG") or env.boolean("FUXIANG_EMBEDDED")):
        return []
    found = []
    for name, variable in (("liveness", "LIVENESS_URL"), ("core", "CORE_URL")):
        if not env.text(variable, ""):
            port = launching.free_port()
            os.environ[variable] = f"http://127.0.0.1:{port}"
            found.append(Process(f"sim-{name}", launching.command(name, port)))
    return found


def _serve(host: str, port: int, simulators: list[Process]) -> int:
    greeting = subprocess.Popen([sys.executable, "-m", "config.greeting", host, str(port)])
    try:
        return run_together([*_processes(host, port), *simulators])
    finally:
        greeting.terminate()
        greeting.wait()


def _processes(host: str, port: int) -> list[Process]:
    return [
        Process("web", web_command(host, port)),
        Process("worker", [*_celery("worker"), f"--concurrency={TASK_WORKERS}", *ALONE]),
        Process("jobs", [*_celery("worker"), f"--concurrency={JOB_WORKERS}", *ALONE, *JOBS]),
        Process("beat", [*_celery("beat"), "--max-interval=2", "--pidfile="]),
    ]


def _celery(role: str) -> list[str]:
    app = ["-A", "config.celery", "--quiet"]  # no banner
    return [sys.executable, "-W", AS_ROOT, "-m", "celery", *app, role, "--loglevel=WARNING"]


if __name__ == "__main__":
    # The terminal's closing is a request to stop, as Ctrl-C is, from the first moment on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    raise SystemExit(main())
