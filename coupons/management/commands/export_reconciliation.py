from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.errors import DomainError
from coupons.reconciliation.handing_out import HandedOut, digests, hand_out
from coupons.reconciliation.wording import sentence
from tenants.models import Bank


class UnknownBank(DomainError):
    code = "unknown_bank"


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date; write YYYY-MM-DD.") from error


class Command(BaseCommand):
    help = (
        "Reconciles a bank's coupons for a day and writes its settlement files with their digests."
        " Exits 1 when stock and ledger do not tie out; the files are written all the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bank", required=True, metavar="SLUG")
        parser.add_argument("--date", required=True, type=day, metavar="YYYY-MM-DD")
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            result = self._export(options)
        except DomainError as error:
            self._refuse(error, as_json=options["json"])
            return
        seconds = round(time.monotonic() - started, 2)
        if result.is_preliminary:
            self.stderr.write(
                _("%(day)s is not over: these files are preliminary, and none of it is kept.")
                % {"day": result.day}
            )
        if options["json"]:
            document = _document(result, options["bank"], seconds)
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self._show(result)
        if not result.is_tied_out:
            sys.exit(1)

    def _export(self, options: dict[str, Any]) -> HandedOut:
        bank = Bank.objects.filter(slug=options["bank"]).first()
        if bank is None:
            raise UnknownBank(_("There is no bank “%(slug)s”.") % {"slug": options["bank"]})
        with tenant_context(bank):
            return hand_out(day=options["date"], folder=options["out"], at=timezone.now())

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            document = {"error": str(error), "code": error.code_text}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stderr.write(self.style.ERROR(str(error)))
        sys.exit(1)

    def _show(self, result: HandedOut) -> None:
        for line in digests(result.files):
            self.stdout.write(line)
        if result.is_tied_out:
            self.stderr.write(_("Stock and ledger tie out."))
            return
        self.stderr.write(self.style.ERROR(_("Stock and ledger do not tie out:")))
        for found in result.breaks:
            batch = f"#{found['batch']} " if found["batch"] is not None else ""
            self.stderr.write(f"{batch}{sentence(found)}")


def _document(result: HandedOut, bank: str, seconds: float) -> dict[str, Any]:
    return {
        "bank": bank,
        "date": result.day.isoformat(),
        "state": result.state,
        "preliminary": result.is_preliminary,
        "files": result.files,
        "breaks": result.breaks,
        "totals": {name: result.totals[name] for name in ("day", "end", "owed")},
        "seconds": seconds,
    }
