"""One value of a field: read strictly, kept exactly, shown as people read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.utils import formats
from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.errors import BadValue
from fuxiang_zone.catalogue.fields import (
    LARGEST,
    OF_MONEY,
    OF_TEXT,
    TEXT_MOST,
    Bound,
    Field,
)

EMPTY: tuple[Any, ...] = (None, "", [], (), {})
MOST_AMOUNTS = 20
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_PHONE = re.compile(r"\+?[0-9][0-9 \-]{3,18}[0-9]", re.ASCII)


def clean_value(field: Field, raw: Any) -> Any:
    """As it is kept; ``None`` when nothing is said. Raises ``BadValue``."""
    if isinstance(raw, str):
        raw = unicodedata.normalize("NFC", raw).strip()
    if any(raw == empty and type(raw) is type(empty) for empty in EMPTY):
        return None
    return _READERS[field.type](field, raw)


def show_value(field: Field, value: Any) -> str:
    """In words of the active language, with its unit; "—" when nothing is said."""
    if value is None or any(value == empty and type(value) is type(empty) for empty in EMPTY):
        return "—"
    return _SHOWN[field.type](field, value)


def bound_words(field: Field) -> str:
    """What may be entered: 1–60 months; empty when anything may."""
    least, most = field.least, field.most
    if field.type in OF_TEXT:
        return _("At most %(count)s characters.") % {"count": most} if most is not None else ""
    if least is None and most is None:
        return ""
    if field.type == FieldType.CHOICES:
        return _("Number of entries: %(range)s.") % {"range": between(least, most, str)}
    return _ends_words(field, least, most)


def _ends_words(field: Field, least: Any, most: Any) -> str:
    """An open range has its unit at its one end, else behind both: from 50 yuan, 50–100 yuan."""
    if least is None or most is None:
        return between(least, most, lambda end: _with_unit(field, show_bound(field, end)))
    return _with_unit(field, between(least, most, lambda end: show_bound(field, end)))


def between(least: Any, most: Any, show: Callable[[Any], str]) -> str:
    if most is None:
        return _("from %(least)s") % {"least": show(least)}
    if least is None:
        return _("up to %(most)s") % {"most": show(most)}
    return f"{show(least)}–{show(most)}"


def show_bound(field: Field, bound: Bound) -> str:
    if isinstance(bound, date):
        return formats.date_format(bound)
    return yuan(int(bound)) if field.type in OF_MONEY else grouped(bound)


def yuan(cents: int) -> str:
    """50,000 or 49.90: without a fraction that is nothing."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    fraction = f".{whole % 100:02d}" if whole % 100 else ""
    return f"{sign}{whole // 100:,}{fraction}"


def grouped(number: int | Decimal) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{Decimal(plain(number)):,f}"


def plain(number: Decimal) -> str:
    """The shortest text that is exactly this number: 2.15, 300."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


# --- reading -------------------------------------------------------------------------------------
def _wrong(field: Field, sentence: str) -> BadValue:
    message = _("“%(label)s”: %(sentence)s") % {"label": field.label, "sentence": sentence}
    return BadValue(message, field=field.key)


def _within(field: Field, value: Any) -> Any:
    is_below = field.least is not None and value < field.least
    if is_below or (field.most is not None and value > field.most):
        allowed = _ends_words(field, field.least, field.most)
        shown = _with_unit(field, show_bound(field, value))
        raise _wrong(
            field,
            _("%(value)s is out of range; allowed is %(allowed)s.")
            % {"value": shown, "allowed": allowed},
        )
    return value


def _text(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or "\x00" in raw:
        raise _wrong(field, _("Enter text."))
    if field.type == FieldType.TEXT and "\n" in raw:
        raise _wrong(field, _("Enter it on one line."))
    ceiling = TEXT_MOST[field.type]
    most = int(field.most) if isinstance(field.most, int) else ceiling
    least = int(field.least) if isinstance(field.least, int) else 0
    if not least <= len(raw) <= min(most, ceiling):
        counts = {"count": len(raw), "least": least, "most": min(most, ceiling)}
        sentence = _("%(count)s characters; allowed are %(least)s to %(most)s.")
        raise _wrong(field, sentence % counts)
    return raw


def _whole(field: Field, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or abs(raw) > LARGEST:
        raise _wrong(field, _("Enter a whole number."))
    return raw


def _integer(field: Field, raw: Any) -> int:
    number: int = _within(field, _whole(field, raw))
    return number


def _cents(field: Field, raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= LARGEST:
        raise _wrong(field, _("Enter an amount of money, not below zero."))
    return raw


def _money(field: Field, raw: Any) -> int:
    cents: int = _within(field, _cents(field, raw))
    return cents


def _decimal(field: Field, raw: Any) -> str:
    if isinstance(raw, bool | float) or not isinstance(raw, str | int | Decimal):
        raise _wrong(field, _("Enter a number."))
    number = decimal_of(raw)
    if number is None:
        raise _wrong(field, _("Enter a number."))
    if number != round(number, field.places):
        sentence = _("At most %(count)s decimals are kept.") % {"count": field.places}
        raise _wrong(field, sentence)
    return plain(_within(field, number))


def decimal_of(raw: str | int | Decimal) -> Decimal | None:
    """Figures as people write them: an exponent of a few characters would be a number of millions
    of digits, and 1_5 is a slip of the finger, not 15."""
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    # Not ``abs``, which would reckon: a number of a million digits overflows there.
    return number if number.is_finite() and number.copy_abs() <= LARGEST else None


def _date(field: Field, raw: Any) -> str:
    try:
        day = raw if type(raw) is date else date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise _wrong(field, _("Enter a day, like 2026-12-31.")) from None
    kept: str = _within(field, day).isoformat()
    return kept


def _choice(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or raw not in dict(field.options):
        raise _wrong(field, _("Choose one of: %(options)s.") % {"options": _offered(field)})
    return raw


def _choices(field: Field, raw: Any) -> list[str]:
    offered = [value for value, _label in field.options]
    if not isinstance(raw, list | tuple) or any(each not in offered for each in raw):
        raise _wrong(field, _("Choose among: %(options)s.") % {"options": _offered(field)})
    chosen = [value for value in offered if value in raw]
    least, most = field.least or 0, field.most or len(offered)
    if not int(str(least)) <= len(chosen) <= int(str(most)):
        sentence = _("%(count)s are chosen; allowed are %(least)s to %(most)s.")
        raise _wrong(field, sentence % {"count": len(chosen), "least": least, "most": most})
    return chosen


def _offered(field: Field) -> str:
    return _(", ").join(label for _value, label in field.options)


def _boolean(field: Field, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise _wrong(field, _("Answer yes or no."))
    return raw


def _range(field: Field, raw: Any) -> dict[str, int | None] | None:
    if not isinstance(raw, dict) or set(raw) - {"least", "most"}:
        raise _wrong(field, _("Enter where the range begins and ends."))
    read = _cents if field.type in OF_MONEY else _whole
    ends = {
        name: None if raw.get(name) is None else _within(field, read(field, raw[name]))
        for name in ("least", "most")
    }
    least, most = ends["least"], ends["most"]
    if least is None and most is None:
        return None
    if least is not None and most is not None and least > most:
        raise _wrong(field, _("The range ends before it begins."))
    return ends


def _amounts(field: Field, raw: Any) -> list[int]:
    if not isinstance(raw, list | tuple) or len(raw) > MOST_AMOUNTS:
        raise _wrong(field, _("Enter at most %(count)s amounts.") % {"count": MOST_AMOUNTS})
    return sorted({_money(field, each) for each in raw})


def _url(field: Field, raw: Any) -> str:
    if isinstance(raw, str) and re.fullmatch(r"[!-~]{1,300}", raw):
        try:
            parts = urlsplit(raw)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme == "https" and parts.hostname and "@" not in parts.netloc:
            return raw
    raise _wrong(field, _("Enter a web address that begins with https://."))


def _phone(field: Field, raw: Any) -> str:
    if not isinstance(raw, str) or not _PHONE.fullmatch(raw):
        raise _wrong(field, _("Enter a telephone number, like 0731-96518."))
    return raw


_READERS: dict[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _text, FieldType.LONG_TEXT: _text, FieldType.INTEGER: _integer,
    FieldType.DECIMAL: _decimal, FieldType.MONEY: _money, FieldType.PERCENT: _decimal,
    FieldType.DATE: _date, FieldType.CHOICE: _choice, FieldType.CHOICES: _choices,
    FieldType.BOOLEAN: _boolean, FieldType.RANGE_MONEY: _range, FieldType.RANGE_INTEGER: _range,
    FieldType.AMOUNTS: _amounts, FieldType.URL: _url, FieldType.PHONE: _phone,
}  # fmt: skip


# --- showing -------------------------------------------------------------------------------------
def _with_unit(field: Field, text: str) -> str:
    unit = field.shown_unit
    return f"{text}%" if unit == "%" else f"{text} {unit}".rstrip()


def _shown_number(field: Field, value: Any) -> str:
    return _with_unit(field, yuan(value) if field.type in OF_MONEY else grouped(value))


def _shown_decimal(field: Field, value: Any) -> str:
    return _with_unit(field, grouped(Decimal(value)))


def _shown_range(field: Field, value: Any) -> str:
    return _ends_words(field, value.get("least"), value.get("most"))


def _listed(words: Sequence[str]) -> str:
    return _(", ").join(words)


_SHOWN: dict[FieldType, Callable[[Field, Any], str]] = {
    FieldType.TEXT: lambda _field, value: str(value),
    FieldType.LONG_TEXT: lambda _field, value: str(value),
    FieldType.URL: lambda _field, value: str(value),
    FieldType.PHONE: lambda _field, value: str(value),
    FieldType.INTEGER: _shown_number,
    FieldType.MONEY: _shown_number,
    FieldType.DECIMAL: _shown_decimal,
    FieldType.PERCENT: _shown_decimal,
    FieldType.DATE: lambda _field, value: formats.date_format(date.fromisoformat(value)),
    FieldType.CHOICE: lambda field, value: field.option_label(value),
    FieldType.CHOICES: lambda field, value: _listed([field.option_label(each) for each in value]),
    FieldType.BOOLEAN: lambda _field, value: _("yes") if value else _("no"),
    FieldType.RANGE_MONEY: _shown_range,
    FieldType.RANGE_INTEGER: _shown_range,
    FieldType.AMOUNTS: lambda field, value: _with_unit(field, _listed([yuan(n) for n in value])),
}
