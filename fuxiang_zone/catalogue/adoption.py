"""How many banks opened which type: by type, by bank, by prefecture."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from audit.services import record
from audit.spreadsheets import WRITERS
from fuxiang_zone.catalogue import events
from fuxiang_zone.catalogue.choices import TypeState
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.permissions import require
from tenants.choices import BankStatus
from tenants.models import Bank

if TYPE_CHECKING:
    from operators.models import Operator

VIEW = "fuxiang_zone_catalogue.view_activation"
FORMATS = ("csv", "xlsx")
IN_MEMORY = 2_000_000


@dataclass(frozen=True, slots=True)
class TypeLine:
    type: ProductType
    banks: int
    percent: int


@dataclass(frozen=True, slots=True)
class BankLine:
    bank: Bank
    # In the order of the types; None = not opened.
    opened: Sequence[datetime | None]
    count: int


@dataclass(frozen=True, slots=True)
class PrefectureLine:
    name: str
    banks: int
    counts: Sequence[int]
    total: int


@dataclass(frozen=True, slots=True)
class Adoption:
    types: Sequence[TypeLine]
    banks: Sequence[BankLine]
    prefectures: Sequence[PrefectureLine]
    openings: int


def adoption(prefecture: str = "") -> Adoption:
    """Of banks that are not closed, of types that have been offered; ``prefecture`` narrows the
    banks, never the list of prefectures."""
    types = list(ProductType.objects.exclude(state=TypeState.DRAFT))
    banks = list(Bank.objects.ready().exclude(status=BankStatus.CLOSED).order_by("name_key", "pk"))
    opened = _opened()
    lines = [_bank_line(bank, types, opened.get(bank.pk, {})) for bank in banks]
    shown = [line for line in lines if not prefecture or line.bank.prefecture == prefecture]
    counts = [sum(1 for line in shown if line.opened[place]) for place in range(len(types))]
    return Adoption(
        types=[
            TypeLine(each, count, round(100 * count / len(shown)) if shown else 0)
            for each, count in zip(types, counts, strict=True)
        ],
        banks=shown,
        prefectures=list(_by_prefecture(lines, len(types))),
        openings=sum(counts),
    )


def _opened() -> Mapping[int, Mapping[int, datetime]]:
    found: dict[int, dict[int, datetime]] = {}
    for bank, kind, at in Activation.objects.order_by().values_list(
        "bank", "product_type", "activated_at"
    ):
        found.setdefault(bank, {})[kind] = at
    return found


def _bank_line(
    bank: Bank, types: Sequence[ProductType], opened: Mapping[int, datetime]
) -> BankLine:
    cells = [opened.get(each.pk) for each in types]
    return BankLine(bank, cells, sum(1 for cell in cells if cell))


def _by_prefecture(lines: Sequence[BankLine], width: int) -> Iterator[PrefectureLine]:
    groups: dict[str, list[BankLine]] = {}
    for line in lines:
        groups.setdefault(line.bank.prefecture, []).append(line)
    for name, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        counts = [sum(1 for each in members if each.opened[place]) for place in range(width)]
        yield PrefectureLine(name or _("without prefecture"), len(members), counts, sum(counts))


@transaction.atomic
def export_adoption(*, actor: Operator, prefecture: str, file_format: str) -> IO[bytes]:
    """A row for each bank, a column for each type: the day on which it was opened."""
    require(actor, VIEW)
    found = adoption(prefecture)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response closes it
    WRITERS[file_format](_rows(found), file)
    file.seek(0)
    told = {"format": file_format, "rows": len(found.banks), "prefecture": prefecture}
    record(
        events.ADOPTION_EXPORTED, actor=actor, target_kind=Activation._meta.label_lower, after=told
    )
    return file


def _rows(found: Adoption) -> Iterable[Sequence[object]]:
    names = [line.type.name for line in found.types]
    yield [_("Bank"), _("Prefecture"), *names, _("Types opened")]
    for line in found.banks:
        days = [localtime(at).date().isoformat() if at else "" for at in line.opened]
        yield [line.bank.name, line.bank.prefecture, *days, line.count]
    yield [_("Banks"), "", *(line.banks for line in found.types), found.openings]
