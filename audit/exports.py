"""Taking the audit trail out of the console, which is itself an event."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit import events
from audit.errors import ExportNotAllowed, ExportTooLarge
from audit.models import AuditEvent
from audit.resources import AuditEventResource
from audit.services import record
from audit.spreadsheets import WRITERS

LIMIT = 100_000
BATCH = 1000
IN_MEMORY = 2_000_000


def require_exportable(actor: Any, rows: QuerySet[AuditEvent]) -> None:
    if not actor.has_perm("audit.export_auditevent"):
        raise ExportNotAllowed(_("You are not allowed to export the audit trail."))
    if rows.order_by()[: LIMIT + 1].count() > LIMIT:
        raise ExportTooLarge(
            _("More than %(limit)s events: narrow the filter, for example to a shorter period.")
            % {"limit": f"{LIMIT:,}"}
        )


def export_events(
    *, actor: Any, rows: QuerySet[AuditEvent], file_format: str, query: str, branch: Any = None
) -> IO[bytes]:
    """A file of ``rows``, open at its start; ``query`` says in the trail what was asked for."""
    require_exportable(actor, rows)
    resource = AuditEventResource()
    lines = _Counted(resource.export_resource(row) for row in _newest_first(rows))
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format](itertools.chain([resource.get_export_headers()], lines), file)
    with transaction.atomic():
        record(
            events.EXPORTED, actor=actor, target_kind=AuditEvent._meta.label_lower, branch=branch,
            after={"format": file_format, "rows": lines.count, "query": query},
        )  # fmt: skip
    file.seek(0)
    return file


class _Counted:
    def __init__(self, items: Iterator[list[Any]]) -> None:
        self.items, self.count = items, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for item in self.items:
            self.count += 1
            yield item


def _newest_first(rows: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """In batches, so that memory stays flat, and never more than the limit."""
    rows, left = rows.order_by("-at", "-id"), LIMIT
    batch = list(rows[: min(BATCH, left)])
    while batch:
        yield from batch
        last, left = batch[-1], left - len(batch)
        older = rows.filter(at__lte=last.at).exclude(at=last.at, id__gte=last.id)
        batch = list(older[: min(BATCH, left)])
