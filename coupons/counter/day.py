"""What a branch redeemed and took back on one day, and what it comes to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import write_csv
from coupons import events
from coupons.choices import Channel, LedgerAction
from coupons.counter.choices import business_label
from coupons.counter.rules import PERMISSION, branch_of
from coupons.counter.showing import holders_of, masked_code
from coupons.models import Coupon, LedgerEntry
from coupons.stock.codes import Vault
from coupons.terms.reading import SHANGHAI, terms_of
from coupons.wording import yuan
from operators.models import Branch
from operators.permissions import require

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from operators.models import Operator

# On the page; the file holds them all.
SHOWN = 200
_BATCH = 500
_IN_MEMORY = 2_000_000


class Origin(NamedTuple):
    """Who won the customer, and by what; a reversal has those of what it takes back."""

    manager: str
    scene: str


@dataclass(frozen=True, slots=True)
class Line:
    entry: LedgerEntry
    name: str
    code: str
    holder: str
    branch: str
    origin: Origin

    @property
    def is_reversal(self) -> bool:
        return self.entry.action == LedgerAction.REVERSE

    @property
    def amount(self) -> str:
        return yuan(self.entry.spent_cents)

    @property
    def business(self) -> str:
        return business_label(self.origin.scene)

    @property
    def manager(self) -> str:
        return self.origin.manager


@dataclass(slots=True)
class Sum:
    redeemed: int = 0
    reversed: int = 0
    cents: int = 0

    def add(self, entry: LedgerEntry) -> None:
        if entry.action == LedgerAction.REVERSE:
            self.reversed += 1
        else:
            self.redeemed += 1
        self.cents += entry.spent_cents

    @property
    def amount(self) -> str:
        return yuan(self.cents)


@dataclass(slots=True)
class Totals:
    all: Sum = field(default_factory=Sum)
    by_manager: dict[str, Sum] = field(default_factory=dict)


def entries_of(branch_path: str, day: date) -> QuerySet[LedgerEntry]:
    """At the counters of the branch and of those below it, the latest first."""
    start = datetime.combine(day, time.min, SHANGHAI)
    return (
        LedgerEntry.objects.filter(
            at__gte=start, at__lt=start + timedelta(days=1), channel=Channel.COUNTER,
            action__in=[LedgerAction.REDEEM, LedgerAction.REVERSE],
            branch_path__startswith=branch_path,
        )
        .select_related("template")
        .order_by("-at", "-id")
    )  # fmt: skip


def lines(entries: Sequence[LedgerEntry]) -> list[Line]:
    coupons = Coupon.objects.in_bulk([entry.coupon_id for entry in entries])
    holders = holders_of(entry.customer_number for entry in entries)
    branches = dict(
        Branch.objects.filter(path__in={entry.branch_path for entry in entries}).values_list(
            "path", "name"
        )
    )
    origins, vault = origins_of(entries), Vault()
    return [
        Line(
            entry=entry,
            name=_title(entry),
            code=masked_code(coupons[entry.coupon_id], vault) if entry.coupon_id else "",
            holder=holders.get(entry.customer_number, ""),
            branch=branches.get(entry.branch_path, ""),
            origin=origins[entry.pk],
        )
        for entry in entries
    ]


def _title(entry: LedgerEntry) -> str:
    """As it was published: the draft may say something that nobody has approved."""
    if not entry.terms_version:
        return entry.template.title
    return terms_of(connection.schema_name, entry.template_id, entry.terms_version).title


def origins_of(entries: Sequence[LedgerEntry]) -> dict[int, Origin]:
    """By ledger row."""
    taken_back = {e.coupon_id or 0 for e in entries if e.action == LedgerAction.REVERSE}
    redeemed = LedgerEntry.objects.filter(coupon_id__in=taken_back, action=LedgerAction.REDEEM)
    history: dict[int | None, list[LedgerEntry]] = {}
    for entry in redeemed.only("coupon_id", "manager", "scene").order_by("id"):
        history.setdefault(entry.coupon_id, []).append(entry)
    return {entry.pk: _origin(entry, history.get(entry.coupon_id, [])) for entry in entries}


def _origin(entry: LedgerEntry, redemptions: Sequence[LedgerEntry]) -> Origin:
    if entry.action == LedgerAction.REVERSE:
        entry = next((each for each in reversed(redemptions) if each.pk < entry.pk), entry)
    return Origin(entry.manager, entry.scene)


def totals(branch_path: str, day: date) -> Totals:
    found = Totals()
    entries = entries_of(branch_path, day).select_related(None).defer("note")
    for batch in _batches(entries):
        origins = origins_of(batch)
        for entry in batch:
            found.all.add(entry)
            found.by_manager.setdefault(origins[entry.pk].manager, Sum()).add(entry)
    found.by_manager = dict(sorted(found.by_manager.items()))
    return found


def export_day(*, actor: Operator, day: date, at: datetime | None = None) -> IO[bytes]:
    """A file open at its start, codes and names masked; that it was taken is on record."""
    require(actor, PERMISSION)
    branch = branch_of(actor)
    rows = [line for batch in _batches(entries_of(branch.path, day)) for line in lines(batch)]
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the response closes it
    write_csv([headers(), *map(_cells, rows)], file)
    with transaction.atomic():
        record(
            events.COUNTER_EXPORTED, actor=actor, target=branch, branch=branch, at=at,
            after={"day": day.isoformat(), "rows": len(rows)},
        )  # fmt: skip
    file.seek(0)
    return file


def headers() -> list[str]:
    return [
        _("receipt number"), _("time"), _("what happened"), _("coupon"), _("coupon code"),
        _("customer"), _("amount"), _("business"), _("business reference"), _("customer manager"),
        _("branch"), _("operator"), _("note"),
    ]  # fmt: skip


def _cells(line: Line) -> list[str]:
    entry = line.entry
    at = date_format(entry.at.astimezone(SHANGHAI), "Y-m-d H:i:s")
    return [
        str(entry.pk), at, entry.get_action_display(), line.name, line.code, line.holder,
        line.amount, line.business, entry.reference, line.manager, line.branch, entry.actor_name,
        entry.note,
    ]  # fmt: skip


def _batches(entries: QuerySet[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    batch: list[LedgerEntry] = []
    for entry in entries.iterator(chunk_size=_BATCH):
        batch.append(entry)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
