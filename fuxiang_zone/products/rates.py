"""The rate table of a deposit: which rate holds for an amount and a term. Pure.

One row is a tier of one term: ``{"term": 1, "unit": "year", "from_cents": 500000, "to_cents":
None, "rate": "2.15"}``; from is included, to is not, None = no end; percent a year. The rate of
the tier that an amount falls into holds for the whole amount. Twelve months and one year are the
same term; days are a term of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeGuard

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fuxiang_zone.catalogue.values import decimal_of
from fuxiang_zone.choices import TermUnit
from fuxiang_zone.errors import BadProduct
from fuxiang_zone.products.wording import percent, yuan

MOST_ROWS = 60
MOST_CENTS = 10**14
MOST_RATE = Decimal(100)
# The longest term of each unit: fifty years.
MOST_TERM = {TermUnit.DAY: 18_000, TermUnit.MONTH: 600, TermUnit.YEAR: 50}
KEYS = ("term", "unit", "from_cents", "to_cents", "rate")
# The rate that no bank may exceed for this term, None = there is none.
CapFor = Callable[[int, str], Decimal | None]


@dataclass(frozen=True, slots=True)
class Tier:
    term: int
    unit: TermUnit
    from_cents: int
    to_cents: int | None
    rate: Decimal
    # Of the table as it was typed, from 1.
    row: int = 0

    @property
    def key(self) -> tuple[int, int]:
        """Equal for the same term, in the order of length."""
        return term_key(self.term, self.unit)

    def holds(self, cents: int) -> bool:
        return self.from_cents <= cents and (self.to_cents is None or cents < self.to_cents)


def term_key(term: int, unit: str) -> tuple[int, int]:
    if unit == TermUnit.DAY:
        return term, 0
    months = term * 12 if unit == TermUnit.YEAR else term
    return months * 30, 1


def term_words(term: int, unit: str) -> str:
    if unit == TermUnit.DAY:
        return ngettext("%(count)s day", "%(count)s days", term) % {"count": term}
    if unit == TermUnit.MONTH:
        return ngettext("%(count)s month", "%(count)s months", term) % {"count": term}
    return ngettext("%(count)s year", "%(count)s years", term) % {"count": term}


def tiers_of(rates: Iterable[Mapping[str, Any]]) -> list[Tier]:
    """Of rows that ``clean_rates`` gave."""
    return [
        Tier(
            each["term"], TermUnit(each["unit"]), each["from_cents"], each["to_cents"],
            Decimal(each["rate"]), number,
        )
        for number, each in enumerate(rates, 1)
    ]  # fmt: skip


def clean_rates(raw: Any, cap_for: CapFor | None = None) -> list[dict[str, Any]]:
    """Rows in the order of their terms and amounts. Raises ``BadProduct`` with one sentence for
    everything that is wrong, each naming its rows as they were given."""
    if not isinstance(raw, list | tuple) or any(not isinstance(row, Mapping) for row in raw):
        raise _bad(_("The rate table is not a list of rows."))
    if len(raw) > MOST_ROWS:
        raise _bad(_("A rate table has at most %(most)s rows.") % {"most": MOST_ROWS})
    tiers = [_tier(number, row) for number, row in enumerate(raw, 1)]
    tiers.sort(key=lambda tier: (tier.key, tier.from_cents, tier.row))
    wrong = [*_wrong_joints(tiers), *_above_caps(tiers, cap_for)]
    if wrong:
        raise _bad(" ".join(wrong))
    return [_kept(tier) for tier in tiers]


def rate_for(tiers: Iterable[Tier], cents: int, term: int, unit: str) -> Tier | None:
    wanted = term_key(term, unit)
    return next((tier for tier in tiers if tier.key == wanted and tier.holds(cents)), None)


def _kept(tier: Tier) -> dict[str, Any]:
    return {
        "term": tier.term, "unit": tier.unit.value, "from_cents": tier.from_cents,
        "to_cents": tier.to_cents, "rate": plain_rate(tier.rate),
    }  # fmt: skip


def plain_rate(rate: Decimal) -> str:
    """At least two decimals, no more zeros than that: 2.10, 1.9375."""
    text = f"{rate:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")


def _bad(sentence: str) -> BadProduct:
    return BadProduct(sentence, field="rates", code="bad_rates")


# --- one row -------------------------------------------------------------------------------------
def _tier(row: int, raw: Mapping[str, Any]) -> Tier:
    unit = raw.get("unit")
    if unit not in TermUnit.values:
        raise _in_row(row, _("choose days, months or years."))
    unit = TermUnit(unit)
    term = raw.get("term")
    if not _is_whole(term) or not 1 <= term <= MOST_TERM[unit]:
        raise _in_row(row, _("the term is a whole number from 1 to %(most)s.")
                      % {"most": MOST_TERM[unit]})  # fmt: skip
    least, most = raw.get("from_cents"), raw.get("to_cents")
    if not _is_whole(least) or not 0 <= least <= MOST_CENTS:
        raise _in_row(row, _("say from which amount on it holds; 0 = from the first cent."))
    if most is not None and (not _is_whole(most) or most > MOST_CENTS):
        raise _in_row(row, _("say up to which amount it holds; empty = without an end."))
    if most is not None and most <= least:
        raise _in_row(row, _("the amounts end before they begin."))
    return Tier(term, unit, least, most, _rate(row, raw.get("rate")), row)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _rate(row: int, raw: Any) -> Decimal:
    rate = decimal_of(raw) if isinstance(raw, str | Decimal) else None
    if rate is None or not 0 < rate <= MOST_RATE or rate != round(rate, 4):
        raise _in_row(
            row, _("the rate is a percentage above 0 with at most four decimals, like 2.15.")
        )
    return rate


def _in_row(row: int, sentence: str) -> BadProduct:
    return _bad(_("Row %(row)s: %(sentence)s") % {"row": row, "sentence": sentence})


# --- rows among each other -----------------------------------------------------------------------
def _wrong_joints(tiers: list[Tier]) -> list[str]:
    found = []
    for _key, of_term in groupby(tiers, key=lambda tier: tier.key):
        # Against the row that reaches furthest, not just the one before: a short tier inside a
        # long one hides neither.
        furthest: Tier | None = None
        for tier in of_term:
            if furthest is not None:
                found.extend(_joint(furthest, tier))
            if furthest is None or _end(tier) > _end(furthest):
                furthest = tier
    return found


def _end(tier: Tier) -> float:
    return float("inf") if tier.to_cents is None else tier.to_cents


def _joint(before: Tier, after: Tier) -> list[str]:
    first, second = sorted((before.row, after.row))
    words = {"first": first, "second": second, "term": term_words(after.term, after.unit)}
    if before.to_cents is None or after.from_cents < before.to_cents:
        words["amount"] = yuan(after.from_cents)
        return [
            _("Rows %(first)s and %(second)s overlap: for %(term)s both hold for %(amount)s yuan.")
            % words
        ]
    if after.from_cents > before.to_cents:
        words |= {"least": yuan(before.to_cents), "most": yuan(after.from_cents)}
        return [
            _(
                "Between rows %(first)s and %(second)s there is a gap: for %(term)s no rate holds"
                " from %(least)s to %(most)s yuan."
            )
            % words
        ]
    return []


def _above_caps(tiers: list[Tier], cap_for: CapFor | None) -> list[str]:
    found = []
    for tier in sorted(tiers, key=lambda tier: tier.row) if cap_for is not None else ():
        cap = cap_for(tier.term, tier.unit.value)  # type: ignore[misc]
        if cap is not None and tier.rate > cap:
            words = {
                "row": tier.row, "rate": percent(tier.rate), "cap": percent(cap),
                "term": term_words(tier.term, tier.unit),
            }  # fmt: skip
            found.append(
                _("Row %(row)s: %(rate)s is above the platform's cap of %(cap)s for %(term)s.")
                % words
            )
    return found
