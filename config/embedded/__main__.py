"""python -m config.embedded start | stop | status | env | run [--throwaway] -- COMMAND …"""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from config.embedded import postgres_server, redis_server
from config.embedded.environments import GENERATED, complete
from config.embedded.errors import EmbeddedError
from config.embedded.leases import exclusive, living_leases
from config.embedded.places import VARIABLE, find_place
from config.embedded.running import run_command
from config.embedded.servers import ensure_servers, stop_everything


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.act(options)
    except KeyboardInterrupt:
        return 130
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("start", help="start the servers and keep them").set_defaults(act=start)
    stop_parser = commands.add_parser("stop", help="stop them, unless somebody uses them")
    stop_parser.add_argument("--force", action="store_true", help="even if somebody uses them")
    stop_parser.set_defaults(act=stop)
    commands.add_parser("status", help="what runs, and who uses it").set_defaults(act=status)
    commands.add_parser("env", help="shell exports for the running servers").set_defaults(act=env)
    run_parser = commands.add_parser("run", help="run a command on the servers")
    run_parser.add_argument("--throwaway", action="store_true", help="on servers of its own")
    run_parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    run_parser.set_defaults(act=run)
    return parser


def start(_: argparse.Namespace) -> int:
    servers = ensure_servers()
    if servers.place is not None:
        servers.place.kept.touch(0o600)
    servers.release()
    return 0


def stop(options: argparse.Namespace) -> int:
    place = find_place()
    with exclusive(place.lock):
        place.kept.unlink(missing_ok=True)
        users = living_leases(place.leases)
        if users and not options.force:
            sys.stderr.write("Still in use, the last of these stops the servers:\n")
            sys.stderr.writelines(f"  {user}\n" for user in users)
            return 1
        stop_everything(place)
    return 0


def status(_: argparse.Namespace) -> int:
    place = find_place()
    postgres, redis = postgres_server.running_postmaster(place), redis_server.running_redis(place)
    lines = [f"place       {place.root}"]
    for name, process in (("PostgreSQL", postgres), ("Redis", redis)):
        state = f"running (process {process.pid})" if process else "stopped"
        lines.append(f"{name:<11} {state}")
    with exclusive(place.lock):
        lines += [f"used by     {user}" for user in living_leases(place.leases)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if postgres and redis else 1


def env(_: argparse.Namespace) -> int:
    """Prints nothing but assignments; the servers must run already (`start`)."""
    place = find_place()
    given = {name: os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL")}
    running = postgres_server.running_postmaster(place) or given["DATABASE_URL"]
    if not running or not (redis_server.running_redis(place) or given["REDIS_URL"]):
        raise EmbeddedError("The servers do not run; `python -m config.embedded start` first.")
    environ = dict(os.environ)
    with ensure_servers() as servers:
        complete(environ, servers)
    for name in ("DATABASE_URL", "REDIS_URL", "FUXIANG_EMBEDDED", VARIABLE, *GENERATED):
        if name in environ:
            sys.stdout.write(f"export {name}={shlex.quote(environ[name])}\n")
    return 0


def run(options: argparse.Namespace) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise EmbeddedError("Give the command to run after --.")
    return run_command(command, throwaway=options.throwaway)


if __name__ == "__main__":
    raise SystemExit(main())
