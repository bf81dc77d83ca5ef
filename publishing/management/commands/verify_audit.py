from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, get_tenant_model, tenant_context

from audit.verification import Broken, ChainReport, verify_schema
from tenants.search_path import on_public


class Command(BaseCommand):
    help = "Recomputes row MACs and the audit and publication chains; exit 1 if one is not intact."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bank", metavar="SLUG", help="only this bank; else all, and public")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, bank: str | None = None, **options: Any) -> None:
        reports: list[ChainReport] = []
        unreadable: dict[str, str] = {}
        for schema, found in _reports(bank):
            if isinstance(found, DatabaseError):
                unreadable[schema] = str(found).strip()
            else:
                reports.append(found)
                self._warn(found)
            self._progress(schema)
        broken = next((report.broken for report in reports if report.broken), None)
        show = self._show_json if options["json"] else self._show
        show(reports, broken, unreadable)
        if broken or unreadable:
            sys.exit(1)

    def _progress(self, schema: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{schema} ✓")

    def _warn(self, report: ChainReport) -> None:
        if report.lagging:
            self.stderr.write(
                _("Sealing lags: %(schema)s, chain %(chain)s: %(rows)d rows wait over a minute.")
                % {"schema": report.schema, "chain": report.chain, "rows": report.lagging}
            )

    def _show_json(
        self, reports: list[ChainReport], broken: Broken | None, unreadable: dict[str, str]
    ) -> None:
        result = {
            "intact": not broken and not unreadable,
            "broken": _as_data(broken),
            "unreadable": unreadable,
            "rows": sum(report.sealed + report.unsealed for report in reports),
            "chains": [asdict(report) | {"broken": _as_data(report.broken)} for report in reports],
        }
        self.stdout.write(json.dumps(result, ensure_ascii=False))

    def _show(
        self, reports: list[ChainReport], broken: Broken | None, unreadable: dict[str, str]
    ) -> None:
        for report in reports:
            if report.broken:
                self.stdout.write(_sentence(report.broken))
        for schema, error in unreadable.items():
            self.stdout.write(
                _("The schema %(schema)s cannot be read: %(error)s")
                % {"schema": schema, "error": error}
            )
        if not broken and not unreadable:
            self.stdout.write(_intact(reports))


def _reports(slug: str | None) -> Iterator[tuple[str, ChainReport | DatabaseError]]:
    """Each chain of public and of every bank, suspended ones too; a schema's failure as its own."""
    banks = get_tenant_model().objects.ready().order_by("schema_name")
    if slug is not None:
        banks = banks.filter(slug=slug)
        if not banks:
            raise CommandError(_("No bank has the slug “%(slug)s”.") % {"slug": slug})
    else:
        with on_public():
            yield from _reports_here(get_public_schema_name())
    for bank in banks:
        with tenant_context(bank):
            yield from _reports_here(bank.schema_name)


def _reports_here(schema: str) -> Iterator[tuple[str, ChainReport | DatabaseError]]:
    try:
        for report in verify_schema():
            yield schema, report
    except DatabaseError as error:
        yield schema, error


def _as_data(broken: Broken | None) -> dict[str, Any] | None:
    if broken is None:
        return None
    return asdict(broken) | {
        "breach": broken.breach.value,
        "what": str(broken.breach.label),
    }


def _sentence(broken: Broken) -> str:
    place = (
        _("place %(position)d") % {"position": broken.position}
        if broken.position
        else _("unsealed")
    )
    return _("NOT INTACT: %(schema)s, chain %(chain)s, %(place)s, row %(row)s: %(what)s") % {
        "schema": broken.schema,
        "chain": broken.chain,
        "place": place,
        "row": broken.row_id or "–",
        "what": broken.breach.label,
    }


def _intact(reports: list[ChainReport]) -> str:
    return _(
        "Intact: %(schemas)d schemas, %(sealed)d rows sealed, %(unsealed)d not sealed yet."
    ) % {
        "schemas": len({report.schema for report in reports}),
        "sealed": sum(report.sealed for report in reports),
        "unsealed": sum(report.unsealed for report in reports),
    }
