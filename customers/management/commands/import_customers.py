from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.errors import DomainError
from customers.services import Imported, import_customers
from tenants.models import Bank


class UnknownBank(DomainError):
    code = "unknown_bank"


class Command(BaseCommand):
    help = "Imports a bank's customers and tags from .csv or .xlsx; good rows land, bad come back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--bank", required=True, metavar="SLUG")
        parser.add_argument("--errors", type=Path, metavar="FOLDER", help="for the error files")
        parser.add_argument("--dry-run", action="store_true", help="check the file, land nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_json = options["json"]
        try:
            result = self._import(options)
        except DomainError as error:
            self._refuse(error, as_json=as_json)
        else:
            self._show(result, options["bank"], as_json=as_json)

    def _import(self, options: dict[str, Any]) -> Imported:
        bank = Bank.objects.filter(slug=options["bank"]).first()
        if bank is None:
            raise UnknownBank(_("There is no bank “%(slug)s”.") % {"slug": options["bank"]})
        path: Path = options["file"]
        with tenant_context(bank):
            return import_customers(
                actor=None,
                path=path,
                error_folder=options["errors"] or path.resolve().parent,
                dry_run=options["dry_run"],
                progress=self._progress,
            )

    def _progress(self, rows: int) -> None:
        self.stderr.write(_("%(rows)s rows read …") % {"rows": f"{rows:,}"})

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            document = {"error": str(error), "code": error.code_text}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stderr.write(self.style.ERROR(str(error)))
        sys.exit(1)

    def _show(self, result: Imported, bank: str, *, as_json: bool) -> None:
        if as_json:
            document = {"bank": bank, **result.as_json()}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        for line in _lines(result):
            self.stdout.write(line)


def _lines(result: Imported) -> list[str]:
    counts = {
        "rows": f"{result.rows:,}", "created": f"{result.created:,}",
        "updated": f"{result.updated:,}", "unchanged": f"{result.unchanged:,}",
        "rejected": f"{result.rejected:,}", "seconds": result.seconds,
    }  # fmt: skip
    lines = [
        _(
            "%(rows)s rows: %(created)s new, %(updated)s updated, %(unchanged)s unchanged, "
            "%(rejected)s rejected, in %(seconds)s s"
        )
        % counts
    ]
    if result.dry_run:
        lines.insert(0, _("Checked only; nothing was imported."))
    if result.unknown_columns:
        names = {"names": ", ".join(result.unknown_columns)}
        lines.append(_("Unknown columns, skipped: %(names)s") % names)
    if result.other_sheets:
        names = {"sheet": result.sheet, "names": ", ".join(result.other_sheets)}
        lines.append(_("Read was only the sheet “%(sheet)s”, not: %(names)s") % names)
    for reason in result.reasons:
        lines.append(_("Row %(row)s: %(reason)s") % reason)
    if result.error_files:
        files = {"files": ", ".join(result.error_files)}
        lines.append(_("Correct the rejected rows and import them again: %(files)s") % files)
    return lines
