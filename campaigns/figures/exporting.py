"""Figures of a campaign as a file, which is itself an event."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import write_csv
from campaigns import events
from campaigns.figures.reading import NAMES, Counts, Day, OfBranch, total
from coupons.wording import yuan
from operators.permissions import require, require_branch

if TYPE_CHECKING:
    from campaigns.models import Campaign
    from operators.models import Operator

PERMISSION = "campaigns.export_participation"
IN_MEMORY = 2_000_000


def export_figures(
    *, actor: Operator, campaign: Campaign, days: Sequence[Day], branches: Sequence[OfBranch]
) -> IO[bytes]:
    """By day, then by branch; open at its start."""
    require(actor, PERMISSION)
    require_branch(actor, campaign.branch.path if campaign.branch is not None else "")
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    rows = list(_lines(days, branches))
    write_csv(rows, file)
    with transaction.atomic():
        record(
            events.FIGURES_EXPORTED, actor=actor, target=campaign, branch=campaign.branch,
            after={"rows": len(rows) - 1},
        )  # fmt: skip
    file.seek(0)
    return file


def _lines(days: Sequence[Day], branches: Sequence[OfBranch]) -> Iterator[list[str]]:
    headers = headers_of_counts()
    yield [_("by"), *headers]
    whole = total(branches)
    for day in days:
        yield [day.day.isoformat(), *_cells(day.counts)]
    yield [_("Earlier days"), *_cells(whole - total(days))]
    yield [_("Together"), *_cells(whole)]
    for branch in branches:
        yield [branch.name or _("of no branch"), *_cells(branch.counts)]
    yield [_("Together"), *_cells(whole)]


def headers_of_counts() -> list[str]:
    return [
        _("visits"), _("participations"), _("refusals"), _("reversals"), _("coupons given"),
        _("redemptions"), _("committed (yuan)"), _("redeemed (yuan)"),
        _("province's share (yuan)"), _("bank's share (yuan)"), _("merchant's share (yuan)"),
    ]  # fmt: skip


def _cells(counts: Counts) -> list[str]:
    return [
        yuan(getattr(counts, name)) if name.endswith("_cents") else str(getattr(counts, name))
        for name in NAMES
    ]
