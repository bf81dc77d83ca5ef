"""What became of each recipient: page by page, and as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import write_csv
from coupons import events
from coupons.choices import RecipientState
from coupons.grants.recipients import REASONS, rows_of
from coupons.models import Grant, GrantRecipient
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

PAGE = 100
IN_MEMORY = 2_000_000
EXPORT_PERMISSION = "coupons.export_coupon"


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[GrantRecipient]
    # Key of the last row, when there are more.
    next_after: int | None


def page_of(grant_id: int, *, state: str = "", number: str = "", after: int = 0) -> Page:
    found = GrantRecipient.objects.filter(grant_id=grant_id, pk__gt=after).order_by("pk")
    if state in RecipientState.values:
        found = found.filter(state=state)
    if number:
        found = found.filter(customer_number=number)
    rows = list(found[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)


def reason_words(code: str) -> str:
    return str(REASONS.get(code, code))


def export_results(*, actor: Operator, grant: Grant) -> IO[bytes]:
    """A .csv file of all recipients, open at its start. Coupons by their number, never the code."""
    require(actor, EXPORT_PERMISSION)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    lines = _Counted()
    write_csv(lines.of(grant), file)
    with transaction.atomic():
        record(events.EXPORTED, actor=actor, target=grant, after={"rows": lines.count})
    file.seek(0)
    return file


class _Counted:
    count = 0

    def of(self, grant: Grant) -> Iterator[list[Any]]:
        yield [_("customer number"), _("place"), _("result"), _("reason"), _("coupon")]
        for number, place, state, reason, coupon_id in rows_of(grant.pk):
            self.count += 1
            label = RecipientState(state).label
            yield [number, place, label, reason_words(reason), coupon_id or ""]
