"""Taking coupons and their figures out of the console, which is itself an event."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import WRITERS, write_csv
from coupons import events, figures
from coupons.errors import ExportRefused
from coupons.figures import Day, Subject
from coupons.models import Coupon
from coupons.resources import CouponResource
from coupons.stock import listing
from coupons.stock.listing import Asked, BatchLine
from coupons.wording import yuan
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

PERMISSION = "coupons.export_coupon"
# In one answer; what is more becomes a file that is made in the background.
LIMIT = 100_000
# Of one sheet of a workbook, the headers apart.
SHEET_ROWS = 1_048_575
IN_MEMORY = 2_000_000
CHUNK = 1000


def is_small(asked: Asked, batches: Sequence[BatchLine], at: datetime) -> bool:
    """Looked at no further than to the limit."""
    return listing.holds_at_most(asked, batches, at=at, limit=LIMIT)


def export_coupons(
    *,
    actor: Operator,
    asked: Asked,
    file_format: str,
    told: dict[str, Any],
    branch: Any = None,
    at: datetime,
) -> IO[bytes]:
    """A file of the coupons asked for, open at its start; ``told`` is the filter, for the trail."""
    require(actor, PERMISSION)
    batches = listing.decided_batches()
    if not is_small(asked, batches, at):
        raise ExportRefused(
            _("More than %(limit)s coupons: have the file made in the background.")
            % {"limit": f"{LIMIT:,}"}
        )
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    rows = write_coupons(asked, batches, file_format, file, at)
    record_export(actor, rows, {"format": file_format, **told}, branch)
    file.seek(0)
    return file


def write_coupons(
    asked: Asked,
    batches: Sequence[BatchLine],
    file_format: str,
    file: IO[bytes],
    at: datetime,
    progress: Any = None,
) -> int:
    """How many rows were written; ``progress`` is told now and then."""
    resource = CouponResource(at)
    coupons = _with_names(listing.read_all(asked, batches, at=at))
    lines = Counted((resource.export_resource(row) for row in coupons), progress)
    WRITERS[file_format](itertools.chain([resource.get_export_headers()], lines), file)
    return lines.count


@transaction.atomic
def record_export(actor: Operator | None, rows: int, told: dict[str, Any], branch: Any) -> None:
    record(
        events.EXPORTED, actor=actor, target_kind=Coupon._meta.label_lower, branch=branch,
        after={"rows": rows, **told},
    )  # fmt: skip


def export_figures(*, actor: Operator, subject: Subject, days: int) -> IO[bytes]:
    require(actor, PERMISSION)
    found = figures.figures_by_day(subject, last=figures.today(), days=days)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv(_figure_lines(found), file)
    told = {"what": "figures", "template": subject.template_id, "days": days}
    record_export(actor, len(found), told, None)
    file.seek(0)
    return file


def _figure_lines(days: Iterable[Day]) -> Iterator[list[object]]:
    yield [
        _("Date"), _("Claimed"), _("Redeemed"), _("Reversed"), _("Claimed (yuan)"),
        _("Spent (yuan)"), _("Returned (yuan)"),
    ]  # fmt: skip
    for each in days:
        counted = each.figures
        yield [
            each.day.isoformat(), counted.claimed, counted.redeemed, counted.reversed,
            *(yuan(cents).replace(",", "") for cents in (
                counted.claimed_cents, counted.spent_cents, counted.returned_cents,
            )),
        ]  # fmt: skip


class Counted:
    def __init__(self, items: Iterator[list[Any]], progress: Any = None) -> None:
        self.items, self.progress, self.count = items, progress, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for item in self.items:
            self.count += 1
            if self.progress is not None and self.count % CHUNK == 0:
                self.progress(self.count)
            yield item


def _with_names(coupons: Iterator[Coupon]) -> Iterator[Coupon]:
    """Batch, template and branch of a stretch of rows at a time."""
    while stretch := list(itertools.islice(coupons, CHUNK)):
        prefetch_related_objects(stretch, "batch__template", "branch")
        yield from stretch
