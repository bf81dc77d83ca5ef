"""Waits until the web server is ready, then says where everything is. Started by config.serve."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request

import psycopg

PATIENCE_SECONDS = 120
SHOWN_BANKS = 4


def main(host: str, port: int) -> int:
    if not _is_ready(f"http://{host}:{port}/readyz"):
        return 1
    sys.stdout.write("\n".join(greeting(port)) + "\n")
    sys.stdout.flush()
    return 0


def _is_ready(address: str) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    parent = os.getppid()
    while time.monotonic() < deadline and os.getppid() == parent:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  (our own)
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    return False


def greeting(port: int) -> list[str]:
    domain = os.environ.get("BASE_DOMAIN", "localhost")
    count, banks, is_demo = _province()
    width = max([len(slug) for slug, _ in banks] + [len("console")]) + len(domain) + 22
    lines = ["", f"福祥运营台 · Fuxiang Console is serving {count} banks. Ctrl-C stops it.", ""]
    lines.append(f"  {f'http://console.{domain}:{port}/admin/':<{width}}  省联社 platform console")
    lines += [
        f"  {f'http://{slug}.{domain}:{port}/admin/':<{width}}  {name}" for slug, name in banks
    ]
    if banks:
        lines.append(
            f"  {f'http://{banks[0][0]}.{domain}:{port}/preview/':<{width}}  phone preview"
        )
    lines += _gateway(domain, port, width)
    if is_demo:
        lines += [
            "",
            "  演示数据 demo sign-ins, all with the password " + os.environ["DEMO_PASSWORD"],
            "    platform:  admin  operator  tech_reviewer  compliance_reviewer  auditor",
            "    each bank: admin  maker  checker  viewer  branch",
        ]
    return [*lines, ""]


def _gateway(domain: str, port: int, width: int) -> list[str]:
    docs, sandbox = f"http://open.{domain}:{port}/docs/", f"http://sandbox.open.{domain}:{port}"
    return [
        f"  {docs:<{width}}  open platform: developers' pages",
        f"  {sandbox:<{width}}  open platform: sandbox, calls under /gw/v1/",
    ]


def _province() -> tuple[int, list[tuple[str, str]], bool]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        banks = connection.execute(
            "SELECT slug, name FROM tenants_bank WHERE status = 'active' ORDER BY id"
        ).fetchall()
        demo = connection.execute(
            "SELECT 1 FROM audit_auditevent WHERE event = 'demo.loaded' LIMIT 1"
        ).fetchone()
    return len(banks), [(slug, name) for slug, name in banks[:SHOWN_BANKS]], demo is not None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2])))
