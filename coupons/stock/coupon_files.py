"""What the columns of a coupon file hold, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from coupons.stock.codes import masked
from coupons.terms.patterns import pattern_of, shortest_length
from coupons.terms.reading import FAR_FUTURE, SHANGHAI, Terms
from coupons.wording import yuan
from intake.columns import Column, Matched, match_headers
from intake.errors import BadValue, FileRefused
from intake.tables import Record, Table
from intake.values import parse_date, refuse_shortened

MAX_PIN, MAX_CUSTOMER, MAX_REMARK = 64, 32, 200
EARLIEST = date(2000, 1, 1)
CODE = re.compile(r"[A-Za-z0-9_-]{4,64}")
CUSTOMER = re.compile(r"[A-Za-z0-9]{1,32}")
_AMOUNT = re.compile(r"[¥]?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{1,2}))?\s*元?")
# What Excel makes of a code like 1-2 when nobody told it that the column is text.
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINE_BREAK = re.compile(r"[\r\n\v\f\x85\u2028\u2029]")
_SHORTENED = re.compile(r"[0-9.]+[eE]\+[0-9]+")


def _masked_cell(raw: str) -> str:
    """What Excel has shortened is worth nothing any more, and better seen."""
    return raw if _SHORTENED.fullmatch(raw) else masked(raw)


COLUMNS = (
    Column(
        "code", ("券码", "券号", "兑换码", "卡号", "激活码"), required=True, masked=_masked_cell
    ),
    Column("pin", ("卡密", "密码"), masked=lambda raw: "****" if raw else ""),
    Column("face_value", ("面额", "金额", "面值")),
    Column("valid_from", ("生效日期", "开始日期")),
    Column("valid_until", ("失效日期", "到期日", "截止日期", "到期日期")),
    Column("branch", ("机构号", "网点号", "机构")),
    Column("customer", ("客户号",)),
    Column("remark", ("备注",)),
)
EMPTY: Mapping[str, Any] = {"pin": "", "customer": "", "remark": ""}
NAMES = tuple(column.name for column in COLUMNS)


def label_of(name: str) -> str:
    return next(column.label for column in COLUMNS if column.name == name)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides whether a row is good: the same for every run over one file."""

    terms: Terms
    branch_ids: Mapping[str, int]
    at: datetime
    # csv or xlsx
    kind: str = "csv"

    @property
    def only_face(self) -> int | None:
        """The face value of every row that names none."""
        terms = self.terms
        return terms.face_min_cents if terms.face_min_cents == terms.face_max_cents else None


def match_columns(table: Table, rules: Rules, mapping: Mapping[str, str] | None) -> Matched:
    """``mapping``: {header as typed: name of the column, or "" = skipped}; the rest by its words.
    Raises ``FileRefused``."""
    header, skipped = _renamed(table.header, mapping or {})
    found = match_headers(header, COLUMNS)
    unknown = [skipped.get(text, text) for text in found.unknown]
    matched = replace(found, unknown=unknown, headers=_as_typed(table.header, found))
    if "face_value" not in matched.places and rules.only_face is None:
        raise FileRefused(
            _(
                "The file has no column “%(column)s”, and the template allows face values from"
                " %(least)s to %(most)s yuan. Add the column."
            )
            % {"column": label_of("face_value"), **_range(rules.terms)},
            code="missing_column",
        )
    return matched


def _renamed(header: Record, mapping: Mapping[str, str]) -> tuple[Record, dict[str, str]]:
    cells, skipped = list(header.cells), {}
    told = {" ".join(text.split()): name for text, name in mapping.items()}
    for place, cell in enumerate(header.cells):
        text = " ".join(cell.split())
        if told.get(text) in NAMES:
            cells[place] = told[text]
        elif text in told:
            cells[place] = f"skipped {place}"
            skipped[cells[place]] = text
    return header._replace(cells=cells), skipped


def _as_typed(header: Record, found: Matched) -> list[str]:
    return [" ".join(cell.split()) for cell in header.cells[: len(found.headers)]]


# --- cells ----------------------------------------------------------------------------------------
def parsers(rules: Rules) -> dict[str, Callable[[str], Any]]:
    return {
        "code": lambda text: _code(text, rules),
        "pin": _pin,
        "face_value": lambda text: _face(text, rules.terms),
        # Days repeat, and so does what stands around them.
        "valid_from": lru_cache(2_000)(_first_moment),
        "valid_until": lru_cache(2_000)(_end_moment),
        "branch": lambda text: _branch(text, rules.branch_ids),
        "customer": _customer,
        "remark": _remark,
    }


def _code(text: str, rules: Rules) -> str:
    if not CODE.fullmatch(text):
        refuse_shortened(text)
        raise BadValue(_("is no code: 4 to 64 letters and digits, “-” and “_”"))
    if rules.kind == "xlsx" and _DAY.fullmatch(text):
        raise BadValue(
            _("is a day that Excel made of a code; format the column as text and enter it again")
        )
    pattern = rules.terms.code_pattern
    if not pattern or pattern_of(pattern).fullmatch(text):
        return text
    least = shortest_length(pattern)
    if text.isdigit() and len(text) < least:
        raise BadValue(
            _(
                "has %(found)s digits, but the template's pattern %(pattern)s wants at least"
                " %(least)s: Excel drops leading zeros. Format the column as text and enter it"
                " again"
            )
            % {"found": len(text), "pattern": pattern, "least": least}
        )
    raise BadValue(_("does not match the template's pattern %(pattern)s") % {"pattern": pattern})


def _pin(text: str) -> str:
    refuse_shortened(text)
    if len(text) > MAX_PIN:
        raise BadValue(_("is longer than %(limit)s characters") % {"limit": MAX_PIN})
    if _LINE_BREAK.search(text):
        raise BadValue(_("holds a line break; write it in one line"))
    return text


def _face(text: str, terms: Terms) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise BadValue(_("is no amount in yuan with at most two decimals, like 5 or 1,000.00"))
    digits = found[1].replace(",", "")
    cents = int(digits[-15:]) * 100 + int((found[2] or "").ljust(2, "0"))
    if cents == 0:
        raise BadValue(_("is nothing: a face value is more than 0"))
    if len(digits) > 15 or not terms.face_min_cents <= cents <= terms.face_max_cents:
        raise BadValue(
            _("lies outside the template's face values, %(least)s to %(most)s yuan") % _range(terms)
        )
    return cents


def _range(terms: Terms) -> dict[str, str]:
    return {"least": yuan(terms.face_min_cents), "most": yuan(terms.face_max_cents)}


def _first_moment(text: str) -> datetime:
    return _midnight(_day(text))


def _end_moment(text: str) -> datetime:
    """Exclusive: the midnight that ends the day."""
    return _midnight(_day(text) + timedelta(days=1))


def _day(text: str) -> date:
    refuse_shortened(text)
    found = parse_date(text)
    if not EARLIEST <= found < FAR_FUTURE.date():
        raise BadValue(
            _(
                "lies outside the years %(least)s to %(most)s; leave it empty if there is no"
                " such day"
            )
            % {"least": EARLIEST.year, "most": FAR_FUTURE.year}
        )
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def _branch(text: str, branch_ids: Mapping[str, int]) -> int:
    found = branch_ids.get(text)
    if found is None:
        raise BadValue(_("is the code of no branch of this bank"))
    return found


def _customer(text: str) -> str:
    if not CUSTOMER.fullmatch(text):
        refuse_shortened(text)
        raise BadValue(_("is no customer number: 1 to 32 letters and digits"))
    return text


def _remark(text: str) -> str:
    if len(text) > MAX_REMARK:
        raise BadValue(_("is longer than %(limit)s characters") % {"limit": MAX_REMARK})
    return text


# --- the row as a whole ---------------------------------------------------------------------------
def face_of(cents: int | None, rules: Rules) -> int:
    found = rules.only_face if cents is None else cents
    if found is None:
        raise BadValue(
            _("%(column)s is empty; the template allows %(least)s to %(most)s yuan")
            % {"column": label_of("face_value"), **_range(rules.terms)}
        )
    return found


def window_of(
    start: datetime | None, end: datetime | None, rules: Rules
) -> tuple[datetime | None, datetime]:
    """The row's own validity within the template's. Raises ``BadValue`` with a whole sentence."""
    if start is not None and end is not None and end <= start:
        raise BadValue(
            _("%(until)s lies before %(start)s")
            % {"until": label_of("valid_until"), "start": label_of("valid_from")}
        )
    if end is not None and end <= rules.at:
        raise BadValue(
            _("%(until)s has passed already; such a coupon could never be used")
            % {"until": label_of("valid_until")}
        )
    terms = rules.terms
    starts = [each for each in (start, terms.valid_from) if each is not None]
    first = max(starts) if starts else None
    last = min(end or FAR_FUTURE, terms.latest_use())
    if last <= rules.at:
        raise BadValue(_("the template's own validity has passed; publish it with a later end"))
    if first is not None and last <= first:
        raise BadValue(_("the validity lies wholly outside that of the template"))
    return first, last
