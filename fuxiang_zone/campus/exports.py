"""Bills as a file: what the list shows, of the operator's own schools."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.services import record
from audit.spreadsheets import WRITERS
from fuxiang_zone.campus import events, sight
from fuxiang_zone.campus.errors import BillRefused
from fuxiang_zone.campus.models import Bill, School
from fuxiang_zone.campus.wording import yuan
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

LIMIT = 100_000
BATCH = 2_000
IN_MEMORY = 2_000_000


def export_bills(
    *, actor: Operator, rows: QuerySet[Bill], file_format: str, query: str = ""
) -> IO[bytes]:
    """Open at its start; ``query`` says in the trail what was asked for."""
    require(actor, sight.EXPORT)
    rows = rows.filter(school__in=School.objects.visible_to(actor))
    count = rows.order_by()[: LIMIT + 1].count()
    if count > LIMIT:
        raise BillRefused(
            _("More than %(limit)s bills: narrow the filter, for example to one fee.")
            % {"limit": f"{LIMIT:,}"}
        )
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format](itertools.chain([_headers()], _lines(rows)), file)
    with transaction.atomic():
        record(
            events.BILLS_EXPORTED, actor=actor, target_kind=Bill._meta.label_lower,
            after={"format": file_format, "rows": count, "query": query},
        )  # fmt: skip
    file.seek(0)
    return file  # type: ignore[return-value]


def _headers() -> list[str]:
    return [
        _("bill number"), _("school"), _("fee"), pgettext("fee", "period"), _("student number"),
        pgettext("student", "name"),
        _("grade"), _("class"), _("amount (yuan)"), _("due on"), _("state"), _("paid at"),
        _("payment"),
    ]  # fmt: skip


def _lines(rows: QuerySet[Bill]) -> Iterator[list[str]]:
    told = rows.select_related("school", "fee", "student").order_by("-pk")
    for bill in told[:LIMIT].iterator(chunk_size=BATCH):
        paid = (
            timezone.localtime(bill.paid_at).strftime("%Y-%m-%d %H:%M:%S") if bill.paid_at else ""
        )
        yield [
            str(bill.uid), bill.school.name, bill.fee.name, bill.fee.period, bill.student.number,
            bill.student.masked_name, bill.student.grade, bill.student.class_name,
            yuan(bill.amount_cents).replace(",", ""), bill.fee.due_on.isoformat(),
            str(bill.get_state_display()), paid, bill.payment_id,
        ]  # fmt: skip
