"""The board as a file, which is itself an event."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import write_csv
from campaigns.province import events
from campaigns.province.boards import Row
from coupons.wording import yuan
from operators.permissions import require

if TYPE_CHECKING:
    from campaigns.province.models import ProvinceCampaign
    from operators.models import Operator

PERMISSION = "campaigns_province.view_bankfigures"
IN_MEMORY = 2_000_000
_COUNTS = (
    "visits",
    "customers",
    "participations",
    "refusals",
    "reversals",
    "claims",
    "redemptions",
)
_MONEY = (
    "budget_cents", "committed_cents", "redeemed_cents", "province_cents", "bank_cents",
    "merchant_cents",
)  # fmt: skip


def export_board(*, actor: Operator, campaign: ProvinceCampaign, rows: Sequence[Row]) -> IO[bytes]:
    """One line per bank; open at its start."""
    require(actor, PERMISSION)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv(list(_lines(rows)), file)
    with transaction.atomic():
        record(events.EXPORTED, actor=actor, target=campaign, after={"banks": len(rows)})
    file.seek(0)
    return file


def _lines(rows: Sequence[Row]) -> Iterator[list[str]]:
    yield [
        _("bank"), _("prefecture"), _("wave"), _("state"), _("version"), _("differs in"),
        _("visits"), _("customers"), _("participations"), _("refusals"), _("reversals"),
        _("coupons given"), _("redemptions"), _("budget (yuan)"), _("committed (yuan)"),
        _("redeemed (yuan)"), _("province's share (yuan)"), _("bank's share (yuan)"),
        _("merchant's share (yuan)"), _("ties out"), _("as of"),
    ]  # fmt: skip
    for row in rows:
        yield [*_who(row), *_figures(row)]


def _who(row: Row) -> list[str]:
    joining = row.joining
    version = str(joining.version) if joining.version is not None else ""
    return [
        joining.bank.name, joining.bank.prefecture, f"{joining.wave.number} {joining.wave.name}",
        row.state[0], version, row.drift,
    ]  # fmt: skip


def _figures(row: Row) -> list[str]:
    figures = row.figures
    if figures is None:
        return [""] * (len(_COUNTS) + len(_MONEY) + 2)
    return [
        *(str(getattr(figures, name)) for name in _COUNTS),
        *(yuan(getattr(figures, name)) for name in _MONEY),
        _("yes") if figures.is_even else _("no"),
        timezone.localtime(figures.seen_at).strftime("%Y-%m-%d %H:%M:%S"),
    ]
