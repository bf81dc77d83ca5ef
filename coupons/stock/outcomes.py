"""What became of a coupon file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from coupons.models import Batch

MAX_LISTED_ROWS = 1_000
# Kept with the batch: enough for a page, not a second copy of the file.
_KEPT = (
    "rejected_rows", "duplicate_rows", "reasons", "unknown_columns", "sheet", "other_sheets",
    "encoding", "seconds",
)  # fmt: skip


@dataclass(slots=True)
class Loaded:
    """The words of ``import_coupons --json``. Every row is counted once:
    ``rows = imported + duplicates + rejected``. A duplicate is a good row whose code is there
    already; both come back in the error file."""

    batch: int | None = None
    batch_name: str = ""
    # Of the batch; empty after a dry run.
    state: str = ""
    rows: int = 0
    imported: int = 0
    duplicates: int = 0
    rejected: int = 0
    total_cents: int = 0
    # Rows of the file, the first 1,000.
    rejected_rows: list[int] = field(default_factory=list)
    duplicate_rows: list[int] = field(default_factory=list)
    # The first 20 rows that came back, with their reasons.
    reasons: list[dict[str, object]] = field(default_factory=list)
    # In the format of the file that was given in; empty when no row came back.
    error_file: str = ""
    error_files: list[str] = field(default_factory=list)
    sha256: str = ""
    unknown_columns: list[str] = field(default_factory=list)
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    encoding: str = ""
    dry_run: bool = False
    # Nothing was imported: ``batch`` is the earlier one that holds this very file.
    already_imported: bool = False
    seconds: float = 0.0

    @property
    def came_back(self) -> int:
        return self.duplicates + self.rejected

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "error_file": self.error_file or None}

    def to_keep(self) -> dict[str, Any]:
        """For ``Batch.outcome``."""
        return {name: getattr(self, name) for name in _KEPT}


def outcome_of(batch: Batch) -> Loaded:
    kept = {name: batch.outcome[name] for name in _KEPT if name in batch.outcome}
    return Loaded(
        batch=batch.pk, batch_name=batch.name, state=batch.state, rows=batch.rows,
        imported=batch.count, duplicates=batch.duplicates, rejected=batch.rejected,
        total_cents=batch.total_cents, sha256=batch.file_sha256, **kept,
    )  # fmt: skip


def as_already_imported(batch: Batch) -> Loaded:
    """The same file again: what it brought then is there, so all of it is a duplicate now."""
    found = outcome_of(batch)
    found.already_imported = True
    found.duplicates, found.imported = found.duplicates + found.imported, 0
    return found
