"""A customer file into the bank's customers: good rows land together, bad ones come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from customers.audiences import SHANGHAI
from customers.changes import customers_changed
from customers.customer_files import COLUMNS, EMPTY, parsers
from customers.staging import Staging
from intake.columns import match_headers
from intake.errors import FileRefused
from intake.opening import opened
from intake.rejects import Rejects
from intake.rows import RowReader
from operators.models import Branch
from operators.permissions import require, require_branch
from tenants.locks import take_for_transaction

if TYPE_CHECKING:
    from intake.tables import Record, Table
    from operators.models import Operator

PROGRESS_STEP = 20_000
Progress = Callable[[int], None]


@dataclass(slots=True)
class Imported:
    """What became of a file; the words of ``import_customers --json``."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    # Rows of the file, the first 1,000.
    rejected_rows: list[int] = field(default_factory=list)
    # The first 20, with their reasons.
    reasons: list[dict[str, object]] = field(default_factory=list)
    # In the format of the file that was given in; empty when no row was rejected.
    error_file: str = ""
    error_files: list[str] = field(default_factory=list)
    sha256: str = ""
    unknown_columns: list[str] = field(default_factory=list)
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    encoding: str = ""
    dry_run: bool = False
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "error_file": self.error_file or None}


def customers_lock() -> str:
    """Held by whatever changes many customers of the bank at once."""
    return f"{current_schema()}:customers"


def import_customers(
    *,
    actor: Operator | None,
    path: Path,
    error_folder: Path | None = None,
    dry_run: bool = False,
    at: datetime | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Of the current bank; ``actor`` None = the system, by the command. Raises ``FileRefused``.

    One transaction: killed at any moment, nothing of the file has landed or all that is good.
    """
    if actor is not None:
        require(actor, "customers.add_customer")
        require(actor, "customers.change_customer")
        require_branch(actor, "")
    started, at = time.monotonic(), at or timezone.now()
    with opened(path) as (table, digest):
        result = Imported(
            sha256=digest, sheet=table.sheet, other_sheets=table.other_sheets,
            encoding=table.encoding, dry_run=dry_run,
        )  # fmt: skip
        rows = _Rows(table, result, error_folder, path.stem, at)
        with transaction.atomic(), rows.error_files():
            _land(rows, result, at, progress)
            if dry_run:
                transaction.set_rollback(True)
            else:
                _record(actor, path.name, result, at)
                customers_changed(None)
    result.seconds = round(time.monotonic() - started, 3)
    return result


def _land(rows: _Rows, result: Imported, at: datetime, progress: Progress | None) -> None:
    take_for_transaction(customers_lock())
    staging = Staging(rows.names)
    staging.create()
    staging.fill(_told(rows.good(), progress))
    rows.finish()
    result.updated, result.created = staging.update(), staging.insert(at)
    result.unchanged = result.rows - result.rejected - result.created - result.updated
    staging.drop()


def _told(values: Iterator[list[Any]], progress: Progress | None) -> Iterator[list[Any]]:
    for count, each in enumerate(values, 1):
        yield each
        if progress is not None and count % PROGRESS_STEP == 0:
            progress(count)


def _record(actor: Operator | None, name: str, result: Imported, at: datetime) -> None:
    counts = ("rows", "created", "updated", "unchanged", "rejected", "sha256", "unknown_columns")
    record(
        "customers.imported",
        actor=actor, target_kind="customers.customer", target_label=name, at=at,
        after={name: getattr(result, name) for name in counts},
    )  # fmt: skip


class _Rows:
    """The rows of one file, sorted into good and bad ones as they are read."""

    def __init__(
        self, table: Table, result: Imported, folder: Path | None, stem: str, at: datetime
    ) -> None:
        matched = match_headers(table.header, COLUMNS)
        self._records, self._kind, self._result = table.records, table.kind, result
        self._blank = [place for place, text in enumerate(matched.headers) if not text]
        self._unnamed: set[int] = set()
        branch_ids = dict(Branch.objects.order_by().values_list("code", "id"))
        today = at.astimezone(SHANGHAI).date()
        self._reader = RowReader(matched, COLUMNS, parsers(branch_ids, today), EMPTY)
        self._rejects = Rejects(matched.headers, folder, stem)
        self._first_rows: dict[str, int] = {}
        result.unknown_columns = matched.unknown

    @property
    def names(self) -> list[str]:
        return self._reader.names

    @contextmanager
    def error_files(self) -> Iterator[None]:
        """Kept under their names when all went well, before the rows are committed."""
        try:
            yield
            files = self._rejects.keep()
        except BaseException:
            self._rejects.discard()
            raise
        self._result.error_file = str(files.get(self._kind, ""))
        self._result.error_files = [str(path) for path in files.values()]

    def good(self) -> Iterator[list[Any]]:
        for row in self._records:
            self._result.rows += 1
            for place in self._blank:
                if place < len(row.cells) and row.cells[place].strip():
                    self._unnamed.add(place)
            values, reason = self._reader.read(row)
            reason = self._twice(row, values) or reason
            if reason:
                self._rejects.add(row, reason)
            else:
                yield values

    def _twice(self, row: Record, values: list[Any]) -> str:
        number = values[0] if values and isinstance(values[0], str) else ""
        first = self._first_rows.setdefault(number, row.row) if number else row.row
        if first == row.row:
            return ""
        return _("the customer number %(number)s stands in row %(first)s already") % {
            "number": number,
            "first": first,
        }

    def finish(self) -> None:
        result, rejects = self._result, self._rejects
        if result.rows == 0:
            raise FileRefused(
                _("The file has headers only, no rows below them."), code="headers_only"
            )
        result.rejected, result.rejected_rows = rejects.count, rejects.rows
        result.reasons = rejects.reasons
        # Blank headers with something below: skipped like every unknown column, and named.
        result.unknown_columns += [
            _("column %(place)s (no header)") % {"place": place + 1}
            for place in sorted(self._unnamed)
        ]
