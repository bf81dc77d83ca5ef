"""Settlement files into a folder: of a day that is over for good, of today as they would be now."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from coupons.choices import ReconciliationState
from coupons.errors import ReconciliationRefused
from coupons.reconciliation import services
from coupons.reconciliation.settlement import digest_of

if TYPE_CHECKING:
    from operators.models import Operator


@dataclass(frozen=True, slots=True)
class HandedOut:
    day: date
    state: str
    is_preliminary: bool
    totals: dict[str, Any]
    breaks: list[dict[str, Any]]
    # name, rows, sha256 of each file in the folder.
    files: list[dict[str, Any]]

    @property
    def is_tied_out(self) -> bool:
        return self.state == ReconciliationState.TIED_OUT


def hand_out(*, day: date, folder: Path, at: datetime, actor: Operator | None = None) -> HandedOut:
    """The day is reconciled (again); files it has had before leave as they were written then."""
    require_writable(folder)
    if not services.is_over(day, at):
        return _preliminary(day, folder, at, actor)
    kept = services.reconcile_day(day=day, at=at, actor=actor)
    files = [
        _written(folder, file.name, file.rows, services.plain_file(file))
        for file in kept.files.order_by("name")
    ]
    return HandedOut(day, kept.state, False, kept.totals, kept.breaks, files)


def require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ReconciliationRefused(
            _("Nothing can be written into %(folder)s (%(reason)s). Name another folder.")
            % {"folder": folder, "reason": error.strerror or error}
        ) from error


def _preliminary(day: date, folder: Path, at: datetime, actor: Operator | None) -> HandedOut:
    with services.preliminary(day=day, at=at, actor=actor) as outcome:
        files = [
            _written(folder, file.name, file.rows, file.path.open("rb")) for file in outcome.files
        ]
    breaks = [each.as_json() for each in outcome.breaks]
    state = ReconciliationState.BROKEN if breaks else ReconciliationState.TIED_OUT
    return HandedOut(day, state, True, outcome.totals, breaks, files)


def _written(folder: Path, name: str, rows: int, source: IO[bytes]) -> dict[str, Any]:
    """Whole or not at all under its name."""
    handle, partly = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with closing(source), os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target)
        path = folder / name
        Path(partly).chmod(0o640)
        Path(partly).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(partly).unlink()
        raise
    return {"name": name, "rows": rows, "sha256": digest_of(path), "path": str(path)}


def digests(files: Iterable[dict[str, Any]]) -> list[str]:
    return [f"{file['sha256']}  {file['name']}" for file in files]
