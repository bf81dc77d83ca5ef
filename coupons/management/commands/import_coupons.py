from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.errors import DomainError
from coupons.choices import BatchState
from coupons.stock.direct import Carried, Order, carry_out
from coupons.stock.outcomes import Loaded
from tenants.models import Bank


class UnknownBank(DomainError):
    code = "unknown_bank"


class Command(BaseCommand):
    help = (
        "Imports a batch of coupons from .csv or .xlsx. Good rows land and bad ones come back; the"
        " same file twice imports nothing; after an interruption the same command goes on. The"
        " batch waits for review, unless a maker and a checker are named (local runs only)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--bank", required=True, metavar="SLUG")
        parser.add_argument("--template", required=True, metavar="CODE")
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="land nothing unless all rows are good"
        )
        parser.add_argument("--maker", default="", metavar="NAME", help="submits the batch")
        parser.add_argument("--checker", default="", metavar="NAME", help="approves it at once")
        parser.add_argument("--errors", type=Path, metavar="FOLDER", help="for the error files")
        parser.add_argument("--dry-run", action="store_true", help="check the file, land nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_json = options["json"]
        if options["checker"] and not options["maker"]:
            raise CommandError(_("--checker needs --maker: who submits the batch?"), returncode=2)
        try:
            carried = self._import(options)
        except DomainError as error:
            self._refuse(error, as_json=as_json)
        else:
            self._show(carried, options, as_json=as_json)

    def _import(self, options: dict[str, Any]) -> Carried:
        bank = Bank.objects.filter(slug=options["bank"]).first()
        if bank is None:
            raise UnknownBank(_("There is no bank “%(slug)s”.") % {"slug": options["bank"]})
        path: Path = options["file"]
        order = Order(
            template=options["template"],
            path=path,
            all_or_nothing=options["all_or_nothing"],
            maker=options["maker"],
            checker=options["checker"],
            dry_run=options["dry_run"],
            error_folder=options["errors"] or path.resolve().parent,
        )
        with tenant_context(bank):
            return carry_out(order, self._progress)

    def _progress(self, rows: int) -> None:
        self.stderr.write(_("%(rows)s rows done …") % {"rows": f"{rows:,}"})

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            document = {"error": str(error), "code": error.code_text}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stderr.write(self.style.ERROR(str(error)))
        sys.exit(1)

    def _show(self, carried: Carried, options: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            document = {"bank": options["bank"], **carried.loaded.as_json()}
            if carried.refusal:
                document["error"] = carried.refusal
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            for line in _lines(carried.loaded):
                self.stdout.write(line)
            if carried.refusal:
                self.stderr.write(self.style.ERROR(carried.refusal))
        if carried.refusal:
            sys.exit(1)


def _lines(result: Loaded) -> list[str]:
    counts = {
        "rows": f"{result.rows:,}", "imported": f"{result.imported:,}",
        "duplicates": f"{result.duplicates:,}", "rejected": f"{result.rejected:,}",
        "seconds": result.seconds,
    }  # fmt: skip
    lines = [
        _standing(result),
        _(
            "%(rows)s rows: %(imported)s imported, %(duplicates)s duplicates, %(rejected)s"
            " rejected, in %(seconds)s s"
        )
        % counts,
    ]
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


def _standing(result: Loaded) -> str:
    if result.dry_run:
        return _("Checked only; nothing was imported.")
    told = {"name": result.batch_name, "state": BatchState(result.state).label}
    if result.already_imported:
        return (
            _(
                "This file has been imported already: batch “%(name)s” (%(state)s). Nothing was"
                " imported again."
            )
            % told
        )
    return _("Batch “%(name)s”: %(state)s") % told
