"""Taking the participations of a campaign out of the console, which is itself an event."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import ExportTooLarge
from audit.services import record
from audit.spreadsheets import write_csv
from campaigns import events
from campaigns.choices import ParticipationState
from campaigns.models import Participation
from campaigns.running.reasons import reason_of
from coupons.wording import yuan
from operators.permissions import require
from operators.querysets import branch_scope

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from operators.models import Operator

PERMISSION = "campaigns.export_participation"
# In one answer.
LIMIT = 100_000
IN_MEMORY, CHUNK = 2_000_000, 2_000


def export_participations(*, actor: Operator, campaign: Campaign, state: str = "") -> IO[bytes]:
    """The newest first, of the operator's own branches; open at its start."""
    require(actor, PERMISSION)
    rows = _rows(actor, campaign, state)
    if rows.order_by()[: LIMIT + 1].count() > LIMIT:
        raise ExportTooLarge(
            _("More than %(limit)s participations: narrow the list by state first.")
            % {"limit": f"{LIMIT:,}"}
        )
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv(_lines(rows), file)
    with transaction.atomic():
        record(
            events.PARTICIPATIONS_EXPORTED, actor=actor, target=campaign, branch=campaign.branch,
            after={"state": state},
        )  # fmt: skip
    file.seek(0)
    return file


def _rows(actor: Operator, campaign: Campaign, state: str) -> QuerySet:
    found = Participation.objects.filter(campaign=campaign).select_related("event")
    if state in ParticipationState.values:
        found = found.filter(state=state)
    scope = branch_scope(actor)
    return found.filter(branch_path__startswith=scope) if scope else found


def _lines(rows: QuerySet) -> Iterator[list[str]]:
    yield [
        _("event"), _("customer number"), _("occurred at"), _("amount (yuan)"), _("state"),
        _("reason"), _("cost (yuan)"), _("version"),
    ]  # fmt: skip
    for row in rows.iterator(CHUNK):
        yield [
            row.event.event_id, row.customer_number,
            timezone.localtime(row.occurred_at).strftime("%Y-%m-%d %H:%M:%S"),
            yuan(row.event.amount_cents), row.get_state_display(),
            reason_of(row), yuan(row.cost_cents), str(row.terms_version),
        ]  # fmt: skip
