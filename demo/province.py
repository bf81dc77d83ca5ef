"""The province as data: which banks there are, what they opened, how they look. No database here.

Which bank opened what is decided by a digest of the names: the same on every machine and every run.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

DATA = Path(__file__).parent / "data"

# Latitude and longitude of each prefecture's seat.
PLACES = {
    "长沙市": (28.228, 112.939), "株洲市": (27.828, 113.134), "湘潭市": (27.830, 112.944),
    "衡阳市": (26.894, 112.572), "邵阳市": (27.239, 111.468), "岳阳市": (29.357, 113.129),
    "常德市": (29.032, 111.699), "张家界市": (29.117, 110.479), "益阳市": (28.554, 112.355),
    "郴州市": (25.771, 113.015), "永州市": (26.420, 111.613), "怀化市": (27.570, 110.002),
    "娄底市": (27.697, 111.994), "湘西州": (28.312, 109.739),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankRow:
    number: int
    slug: str
    name: str
    short_name: str
    prefecture: str
    skin: str

    @property
    def code(self) -> str:
        return f"DEMO{self.number:04d}"


@dataclass(frozen=True, slots=True)
class FestivalRow:
    """A festival skin; it is worn to the beginning of the day on which it ends."""

    code: str
    name: str
    mood: str
    primary: str
    accent: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class TypeRow:
    code: str
    name: str
    category: str
    banks_opened: int
    note: str


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def banks(count: int | None = None) -> list[BankRow]:
    skins = [row["code"] for row in read("skins.csv")]
    rows = [
        BankRow(number, skin=skins[(number - 1) % len(skins)], **row)
        for number, row in enumerate(read("banks.csv"), start=1)
    ]
    return rows[:count]


def festivals(today: date) -> list[FestivalRow]:
    """Each with its period that is on or comes next; of the last one known when all are over."""
    coming: dict[str, FestivalRow] = {}
    for row in reversed(read("festivals.csv")):
        period = {name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")}
        festival = FestivalRow(**{**row, **period})  # type: ignore[arg-type]
        if festival.code not in coming or festival.ends_on > today:
            coming[festival.code] = festival
    return list(coming.values())


def product_types() -> list[TypeRow]:
    rows = read("zone_product_types.csv")
    return [TypeRow(**{**row, "banks_opened": int(row["banks_opened"])}) for row in rows]  # type: ignore[arg-type]


def banks_wanted(product_type: TypeRow, among: int) -> int:
    """The exact number in the whole province; its share, at least one, among fewer banks."""
    whole = len(read("banks.csv"))
    if among >= whole:
        return product_type.banks_opened
    return min(among, max(1, round(product_type.banks_opened * among / whole)))


def by_chance(topic: str, slugs: Iterable[str]) -> list[str]:
    """The slugs in an order that looks random and never changes."""
    return sorted(slugs, key=lambda slug: sha256(f"{topic}/{slug}".encode()).digest())


def chance(topic: str, below: int) -> int:
    return int.from_bytes(sha256(topic.encode()).digest()[:8], "big") % below
