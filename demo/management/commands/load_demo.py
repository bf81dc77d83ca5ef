from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from demo import loading, province
from tenants.models import Bank


class Command(BaseCommand):
    help = "Loads the demo province: invented branches, people, customers and announcements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whole = len(province.banks())
        parser.add_argument("--banks", type=int, default=whole, help=f"the first N of {whole}")
        parser.add_argument("--jobs", type=int, default=loading.usual_jobs())
        parser.add_argument(
            "--if-new", action="store_true", help="only into an empty database, or to resume"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        whole = len(province.banks())
        count = options["banks"]
        if not 1 <= count <= whole or options["jobs"] < 1:
            raise CommandError(_("--banks takes 1 to %(whole)s.") % {"whole": whole})
        _refuse_foreign_database()
        began = time.monotonic()
        if loading.is_loaded(count) or (options["if_new"] and not _is_new()):
            outcome = loading.Outcome(count, 0, 0)
        else:
            outcome = loading.load(count=count, jobs=options["jobs"], report=self._progress)
        self._tell(outcome, whole, time.monotonic() - began, as_json=options["json"])

    def _progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            ending = "\n" if done == total else ""
            self.stderr.write(f"\rbanks provisioned {done}/{total}", ending=ending)
            self.stderr.flush()
        elif done % 10 == 0 or done == total:
            self.stderr.write(f"banks provisioned {done}/{total}")

    def _tell(self, outcome: loading.Outcome, whole: int, seconds: float, *, as_json: bool) -> None:
        if as_json:
            figures = {
                "banks": outcome.banks, "filled": outcome.filled,
                "activations": outcome.activations, "seconds": round(seconds, 1),
            }  # fmt: skip
            self.stdout.write(json.dumps(figures))
            return
        if not outcome.filled:
            self.stderr.write(_("The demo province is there already; nothing was changed."))
            return
        sentence = _("Demo province: %(filled)s banks filled in %(seconds)s s.")
        self.stderr.write(sentence % {"filled": outcome.filled, "seconds": round(seconds, 1)})
        if outcome.banks < whole:
            sentence = _("With %(banks)s of %(whole)s banks, each product type got its share.")
            self.stderr.write(sentence % {"banks": outcome.banks, "whole": whole})


def _is_new() -> bool:
    """An empty database, or a demo that was begun and not finished."""
    return (loading.is_begun() and not loading.is_loaded(1)) or not Bank.objects.exists()


def _refuse_foreign_database() -> None:
    if not (settings.EMBEDDED or settings.DEMO):
        raise CommandError(
            _("Everybody knows the demo passwords. To allow them on a given database, set DEMO=1.")
        )
    if not settings.DEMO_PASSWORD:
        raise CommandError(_("Set DEMO_PASSWORD: the demo operators need a password."))
