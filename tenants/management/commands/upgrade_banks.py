from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.choices import UpgradeState
from tenants.upgrades import Report, upgrade_all


class Command(BaseCommand):
    help = "Migrate public, the template and every bank that is behind; may be run again any time."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wave", type=int, default=20, help="banks per wave (20)")
        parser.add_argument("--jobs", type=int, default=2, help="banks at the same time (2)")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *_args: Any, wave: int, jobs: int, json: bool, **_options: Any) -> None:
        if wave < 1 or jobs < 1:
            raise CommandError("--wave and --jobs must be at least 1.", returncode=2)
        report = upgrade_all(wave=wave, jobs=jobs, progress=self._progress)
        self._show(report, as_json=json)
        if report.failed:
            raise SystemExit(1)

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"banks upgraded {done}/{total}")

    def _show(self, report: Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        self.stdout.write(
            f"{report.banks} banks, {report.behind} behind, {report.upgraded} upgraded, "
            f"{report.failed} failed, {report.seconds:.1f} s"
        )
        for outcome in report.outcomes:
            if outcome.state == UpgradeState.FAILED:
                self.stdout.write(f"  {outcome.schema}: {outcome.error}")
