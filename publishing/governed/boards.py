"""Which bank stands where: read from the public roll-up, never by visiting the banks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from publishing import locks
from publishing.choices import Standing
from publishing.governed import reading
from publishing.offers.models import TemplateStanding
from tenants.choices import BankStatus
from tenants.models import Bank

if TYPE_CHECKING:
    from publishing.locks import Group

COLOURS = {
    Standing.FOLLOWS: "",
    Standing.ACCEPTED: "success",
    Standing.WAITS: "warning",
    Standing.DEFERRED: "danger",
}


@dataclass(frozen=True, slots=True)
class Cell:
    group: Group
    state: Standing
    accepted_version: int | None
    reason: str
    changed_at: datetime | None

    @property
    def colour(self) -> str:
        return COLOURS[self.state]


@dataclass(frozen=True, slots=True)
class BankLine:
    bank: Bank
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One group: its newest template, and how many banks stand where."""

    group: Group
    newest_version: int | None
    counts: list[tuple[Standing, int]]


@dataclass(frozen=True, slots=True)
class Board:
    columns: list[Column]
    lines: list[BankLine]
    changed_at: datetime | None


def adoption_board(state: str = "") -> Board:
    """Banks that are open, by name; with ``state`` only those that stand so in some group."""
    newest = {name: each.version for name, each in reading.published_templates().items()}
    rolled = {(row.bank_id, row.name): row for row in TemplateStanding.objects.all()}
    banks = Bank.objects.exclude(status=BankStatus.CLOSED).order_by("name_key", "slug")
    lines = [
        BankLine(
            bank, [_cell(each, rolled.get((bank.pk, each.name)), newest) for each in _groups()]
        )
        for bank in banks
    ]
    shown = [line for line in lines if not state or state in {cell.state for cell in line.cells}]
    return Board(
        columns=[_column(number, group, lines, newest) for number, group in enumerate(_groups())],
        lines=shown,
        changed_at=max((row.changed_at for row in rolled.values()), default=None),
    )


def _groups() -> list[Group]:
    return locks.groups()


def _cell(group: Group, row: TemplateStanding | None, newest: dict[str, int]) -> Cell:
    if row is None:
        return Cell(group, Standing.FOLLOWS, None, "", None)
    state = reading.state_of(row, newest.get(group.name))
    reason = row.reason if state == Standing.DEFERRED else ""
    return Cell(group, state, row.accepted_version, reason, row.changed_at)


def _column(number: int, group: Group, lines: list[BankLine], newest: dict[str, int]) -> Column:
    counted = Counter(line.cells[number].state for line in lines)
    counts = [(state, counted[state]) for state in Standing]
    return Column(group, newest.get(group.name), counts)
