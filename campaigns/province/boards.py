"""A province campaign in figures: by bank, wave and day, and whether they agree with the banks'.

Read from the roll-ups in public, never by visiting banks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from campaigns.choices import RunState
from campaigns.province.choices import Field, JoinState, Told, WaveState
from campaigns.province.models import BankDay, BankFigures, Joining, ProvinceCampaign, Wave
from coupons.terms.amounts import yuan
from publishing.choices import Stage

SUMS = (
    "budget_cents", "committed_cents", "ledger_cents", "days_cents", "redeemed_cents",
    "coupons_cents", "province_cents", "bank_cents", "merchant_cents", "visits",
    "participations", "customers", "refusals", "reversals", "claims", "redemptions",
)  # fmt: skip
OF_DAY = ("visits", "participations", "claims", "redemptions", "committed_cents", "redeemed_cents")
USUAL_DAYS = 30
RUN_COLOURS = {
    RunState.RUNNING: "success", RunState.PAUSED: "warning", RunState.STOPPED: "danger",
    RunState.PULLED: "danger", RunState.ENDED: "",
}  # fmt: skip
Sums = dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One bank."""

    joining: Joining
    figures: BankFigures | None
    newest_version: int | None

    @property
    def is_joined(self) -> bool:
        return self.joining.state == JoinState.JOINED

    @property
    def state(self) -> tuple[str, str]:
        """A word and its colour."""
        wave, figures = self.joining.wave, self.figures
        if wave.state == WaveState.PLANNED:
            return _("wave not open yet"), ""
        if not self.is_joined:
            colour = "danger" if self.joining.state == JoinState.DECLINED else ""
            return self.joining.get_state_display(), colour
        if wave.state == WaveState.PULLED:
            return self._pulled()
        if figures is None or not figures.run_state:
            stage = figures.stage if figures is not None else ""
            label = Stage(stage).label if stage else Stage.DRAFT.label
            return _("joined: %(stage)s") % {"stage": label}, "info"
        return str(RunState(figures.run_state).label), RUN_COLOURS[RunState(figures.run_state)]

    def _pulled(self) -> tuple[str, str]:
        if self.joining.told_at is None:
            return _("being stopped …"), "warning"
        colour = "danger" if self.joining.told == Told.PULLED else ""
        return str(Told(self.joining.told or Told.NOTHING).label), colour

    @property
    def is_behind(self) -> bool:
        version, newest = self.joining.version, self.newest_version
        return version is not None and newest is not None and version < newest

    @property
    def is_deferred(self) -> bool:
        return self.is_behind and self.joining.deferred_version == self.newest_version

    @property
    def drift(self) -> str:
        return "、".join(str(Field(name).label) for name in self.joining.drift)

    @property
    def percent(self) -> int:
        figures = self.figures
        if figures is None or not figures.budget_cents:
            return 0
        return figures.committed_cents * 100 // figures.budget_cents


@dataclass(frozen=True, slots=True)
class WaveShown:
    wave: Wave
    rows: Sequence[Row]

    @property
    def joined(self) -> int:
        return sum(row.is_joined for row in self.rows)

    @property
    def told(self) -> int:
        return sum(row.joining.told_at is not None for row in self.rows)

    @property
    def is_telling(self) -> bool:
        return self.wave.switched_at is not None and self.told < len(self.rows)


@dataclass(frozen=True, slots=True)
class Line:
    """Sums of the same thing from several books."""

    sums: Sequence[tuple[str, str]]
    is_even: bool


@dataclass(frozen=True, slots=True)
class Board:
    campaign: ProvinceCampaign
    rows: Sequence[Row]
    waves: Sequence[WaveShown]
    total: Sums
    days: Sequence[tuple[date, Sums]]
    # Of days before those, and of all days.
    earlier: Sums
    of_days: Sums
    lines: Sequence[Line]
    # (bank, sentence): what does not agree within a bank's own books.
    breaks: Sequence[tuple[str, str]]
    # Of the joined banks: the oldest figures and the newest.
    oldest_at: datetime | None
    newest_at: datetime | None

    @property
    def joined(self) -> list[Row]:
        return [row for row in self.rows if row.is_joined]

    @property
    def by_size(self) -> list[Row]:
        """Where most take part first, those without figures last."""
        return sorted(
            self.rows, key=lambda row: -(row.figures.participations if row.figures else -1)
        )

    @property
    def has_earlier(self) -> bool:
        return any(self.earlier.values())

    @property
    def is_even(self) -> bool:
        return all(line.is_even for line in self.lines) and not self.breaks


def board_of(
    campaign: ProvinceCampaign, newest_version: int | None, last: date, days: int = USUAL_DAYS
) -> Board:
    rows = rows_of(campaign, newest_version)
    figures = [row.figures for row in rows if row.figures is not None]
    total = {name: sum(getattr(each, name) for each in figures) for name in SUMS}
    by_day = _by_day(campaign)
    shown, of_days = _filled(by_day, last, days), _summed(by_day.values())
    recent = _summed(sums for _day, sums in shown)
    seen = [each.seen_at for each in figures]
    return Board(
        campaign=campaign,
        rows=rows,
        waves=_waves(campaign, rows),
        total=total,
        days=shown,
        earlier={name: of_days[name] - recent[name] for name in OF_DAY},
        of_days=of_days,
        lines=_lines(total, of_days),
        breaks=[
            (row.joining.bank.name, sentence)
            for row in rows
            if row.figures is not None
            for sentence in row.figures.breaks
        ],
        oldest_at=min(seen, default=None),
        newest_at=max(seen, default=None),
    )


def rows_of(campaign: ProvinceCampaign, newest_version: int | None) -> list[Row]:
    """By wave, then by the banks' names."""
    found = Joining.objects.filter(campaign=campaign).select_related("bank", "wave", "figures")
    ordered = found.order_by("wave__number", "bank__name_key", "bank__slug")
    return [Row(each, getattr(each, "figures", None), newest_version) for each in ordered]


def _waves(campaign: ProvinceCampaign, rows: Sequence[Row]) -> list[WaveShown]:
    waves = Wave.objects.filter(campaign=campaign).order_by("number")
    return [
        WaveShown(wave, [row for row in rows if row.joining.wave_id == wave.pk]) for wave in waves
    ]


def _by_day(campaign: ProvinceCampaign) -> dict[date, Sums]:
    found = BankDay.objects.filter(joining__campaign=campaign).order_by("day").values("day")
    summed: Any = found.annotate(**{f"sum_{name}": Sum(name) for name in OF_DAY})
    return {row["day"]: {name: row[f"sum_{name}"] for name in OF_DAY} for row in summed}


def _filled(by_day: dict[date, Sums], last: date, days: int) -> list[tuple[date, Sums]]:
    """The last ones first, those on which nothing happened too."""
    nothing = dict.fromkeys(OF_DAY, 0)
    shown = [last - timedelta(days=back) for back in range(days)]
    return [(day, by_day.get(day, nothing)) for day in shown]


def _summed(days: Iterable[Sums]) -> Sums:
    sums = dict.fromkeys(OF_DAY, 0)
    for day in days:
        for name in OF_DAY:
            sums[name] += day[name]
    return sums


def _lines(total: Sums, of_days: Sums) -> list[Line]:
    shares = total["province_cents"] + total["bank_cents"] + total["merchant_cents"]
    money = [
        [
            (_("committed, all banks"), total["committed_cents"]),
            (_("the banks' ledgers"), total["ledger_cents"]),
            (_("the banks' figures by day"), total["days_cents"]),
            (_("by day, rolled up"), of_days["committed_cents"]),
        ],
        [
            (_("redeemed, all banks"), total["redeemed_cents"]),
            (_("the ledgers of the banks' coupons"), total["coupons_cents"]),
            (_("by day, rolled up"), of_days["redeemed_cents"]),
            (_("shares of the bearers"), shares),
        ],
    ]
    counts = [
        (_("participations, all banks"), total["participations"]),
        (_("by day, rolled up"), of_days["participations"]),
    ]
    return [
        *(Line([(name, yuan(cents)) for name, cents in sums], _same(sums)) for sums in money),
        Line([(name, f"{number:,}") for name, number in counts], _same(counts)),
    ]


def _same(sums: Sequence[tuple[str, int]]) -> bool:
    return len({value for _name, value in sums}) == 1
