"""What the governed settings mean for one customer. Pure functions: the feed asks no database.

``values`` are the effective values of a group (``publishing.locks.effective``). Content outlives
its catalogue: a code that has vanished is passed over, never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from announcements.appearance.contrast import words_on

if TYPE_CHECKING:
    from customers.facts import Facts

Values = Mapping[str, Any]
Mode = Literal["standard", "senior"]
STANDARD: Mode = "standard"
SENIOR: Mode = "senior"
OWN = "own"
# Worn when a bank's skin is not in the catalogue (any more).
LAST_RESORT = ("huxiang", "#256D6B", "#C9A45C")
MAX_FUNCTIONS = 12


class SkinLike(Protocol):
    """A row of the catalogue, or what a process holds of it."""

    @property
    def code(self) -> str: ...
    @property
    def primary(self) -> str: ...
    @property
    def accent(self) -> str: ...
    @property
    def is_festival(self) -> bool: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def ends_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """``palette``: primary, accent, and what words on each of them are drawn with: ``on_primary``
    and ``text`` (on the accent)."""

    skin: str
    palette: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """What holds of one placement of the app, for one bank."""

    slots: int
    province_slots: frozenset[int]
    # Shows per customer and day over all ads here; None = no limit.
    daily_cap: int | None
    is_enabled: bool


def look_at(
    values: Values,
    skins: Mapping[str, SkinLike],
    at: datetime,
    *,
    chosen_skin: str = "",
    bank_skin: str = "",
) -> Look:
    """``chosen_skin`` is the customer's, ``bank_skin`` the one the bank was opened with."""
    if chosen_skin and values["customer_skin"] and is_offered(chosen_skin, values, skins, at):
        return _worn(chosen_skin, values, skins)
    if values["follow_festivals"]:
        festival = festival_at(skins.values(), at)
        if festival is not None:
            return _worn(festival.code, values, skins)
    return ordinary_look(values, skins, bank_skin=bank_skin)


def ordinary_look(values: Values, skins: Mapping[str, SkinLike], *, bank_skin: str = "") -> Look:
    """The bank's own on days without a festival, whoever looks."""
    return _worn(values["skin"] or bank_skin, values, skins)


def is_offered(code: str, values: Values, skins: Mapping[str, SkinLike], at: datetime) -> bool:
    """Whether a customer may wear it: a festival skin in its period, the bank's own colours when
    it has any, and every ordinary skin."""
    if code == OWN:
        return bool(values["own_palette"])
    skin = skins.get(code)
    return skin is not None and (not skin.is_festival or _is_on(skin, at))


def festival_at(skins: Iterable[SkinLike], at: datetime) -> SkinLike | None:
    """The one that began last, should two ever overlap."""
    worn = [skin for skin in skins if skin.is_festival and _is_on(skin, at)]
    return max(worn, key=lambda skin: (skin.starts_at, skin.code), default=None)


def palette_of(primary: str, accent: str) -> dict[str, str]:
    return dict(_palette(primary, accent))


def mode_for(
    values: Values, facts: Facts, chosen: str | None, asked: str | None, year: int
) -> Mode:
    """``asked`` by this request, else ``chosen`` by the customer, else by age; ``year`` is the
    calendar year in Shanghai. Whose year of birth is not known is not taken for old."""
    for wish in (asked, chosen):
        if wish == SENIOR:
            return SENIOR
        if wish == STANDARD:
            return STANDARD
    limit, born = values["senior_from_age"], facts.birth_year
    return SENIOR if limit is not None and born is not None and year - born >= limit else STANDARD


def functions_for(
    values: Values,
    catalogue_functions: Sequence[Mapping[str, Any]],
    *,
    mode: Mode,
    facts: Facts,
    chosen: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Functions of the home page in their order; rows of the catalogue carry code, name, group and
    ``in_senior_mode``. ``chosen`` is the customer's own order, None = none.

    Senior mode has its own short list, the same for everybody.
    """
    if mode == SENIOR:
        rows = {row["code"]: row for row in catalogue_functions if row["in_senior_mode"]}
        return [_shown(rows[code], locked=False) for code in _senior_codes(values, rows)]
    rows = {row["code"]: row for row in catalogue_functions}
    locked = [code for code in values["locked_functions"] if code in rows]
    codes = _standard_codes(values, rows, locked, facts, chosen)
    return [_shown(rows[code], locked=code in locked) for code in codes]


def place_of(
    values: Values,
    code: str,
    *,
    slots: int,
    province_slots: Iterable[int] = (),
    daily_cap: int | None = None,
) -> Place:
    """``values`` of the group "placements"; the rest is what the catalogue says of the placement.

    A bank may have fewer or more slots, but the province's stay; its cap replaces the
    catalogue's, which is the limit of whoever sets none.
    """
    reserved = frozenset(province_slots)
    own_slots, own_cap = values[f"{code}.slots"], values[f"{code}.daily_cap"]
    return Place(
        slots=max(own_slots or slots, *reserved, 1),
        province_slots=reserved,
        daily_cap=daily_cap if own_cap is None else own_cap,
        is_enabled=values[f"{code}.enabled"],
    )


def _is_on(skin: SkinLike, at: datetime) -> bool:
    return skin.starts_at is not None and skin.ends_at is not None and (
        skin.starts_at <= at < skin.ends_at
    )  # fmt: skip


def _worn(code: str, values: Values, skins: Mapping[str, SkinLike]) -> Look:
    own = values["own_palette"]
    if code == OWN and own:
        return Look(OWN, _palette(own["primary"], own["accent"]))
    skin = skins.get(code)
    if skin is None:
        last, primary, accent = LAST_RESORT
        return Look(last, _palette(primary, accent))
    return Look(code, _palette(skin.primary, skin.accent))


@lru_cache(maxsize=512)
def _palette(primary: str, accent: str) -> Mapping[str, str]:
    return {
        "primary": primary,
        "accent": accent,
        "on_primary": words_on(primary),
        "text": words_on(accent),
    }


def _senior_codes(values: Values, rows: Mapping[str, Any]) -> list[str]:
    wanted = values["senior_functions"]
    return list(rows) if wanted is None else [code for code in wanted if code in rows]


def _standard_codes(
    values: Values,
    rows: Mapping[str, Any],
    locked: Sequence[str],
    facts: Facts,
    chosen: Sequence[str] | None,
) -> list[str]:
    if chosen is not None and values["customer_functions"]:
        # What cannot be removed stands first, whatever the customer arranged.
        wanted = dict.fromkeys([*locked, *chosen])
        return [code for code in wanted if code in rows][:MAX_FUNCTIONS]
    of_group = _codes_of_group(values, facts)
    if of_group is not None:
        missing = [code for code in locked if code not in of_group]
        return [code for code in [*missing, *of_group] if code in rows][:MAX_FUNCTIONS]
    usual = values["functions"]
    return list(rows) if usual is None else [code for code in usual if code in rows]


def _codes_of_group(values: Values, facts: Facts) -> Sequence[str] | None:
    for entry in values["functions_by_group"]:
        if entry["group"] in facts.groups:
            codes: Sequence[str] = entry["functions"]
            return codes
    return None


def _shown(row: Mapping[str, Any], *, locked: bool) -> dict[str, Any]:
    return {"code": row["code"], "name": row["name"], "group": row["group"], "locked": locked}
