"""The field schema of a product type: read from JSON, applied to values, compared with the next.

Pure: no database. ``form_field`` makes the control of a console form, whose cleaned value is the
value as it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.errors import BadSchema, BadValue
from fuxiang_zone.catalogue.fields import (
    BOUNDED,
    DECIMALS,
    KEY,
    LARGEST,
    OF_DECIMALS,
    OF_OPTIONS,
    OF_TEXT,
    TEXT_MOST,
    WITH_UNIT,
    Bound,
    Field,
)
from fuxiang_zone.catalogue.form_fields import form_field
from fuxiang_zone.catalogue.values import bound_words, clean_value, decimal_of, plain, show_value

__all__ = [
    "BadSchema", "BadValue", "Field", "FieldType", "bound_words", "clean_value", "clean_values",
    "form_field", "orphans", "parse_new_schema", "parse_schema", "raw_schema", "show_value",
]  # fmt: skip

MOST_FIELDS = 40
MOST_OPTIONS = 50
_LENGTHS = {"label": 30, "unit": 10, "help": 200, "compliance_note": 200}
_CELLS = frozenset({*_LENGTHS, "key", "type", "least", "most", "decimals", "required", "is_shown",
                    "options"})  # fmt: skip
# From → to: what such a field holds means the same in the other.
_KINDRED = frozenset({
    (FieldType.TEXT, FieldType.LONG_TEXT), (FieldType.LONG_TEXT, FieldType.TEXT),
    (FieldType.URL, FieldType.TEXT), (FieldType.PHONE, FieldType.TEXT),
})  # fmt: skip


def parse_schema(raw: Any) -> tuple[Field, ...]:
    """``raw`` as ``raw_schema`` gives it: a list of objects, cells left out where they say nothing.
    Raises ``BadSchema``."""
    if not isinstance(raw, list):
        raise BadSchema(_("The fields are not a list."))
    if len(raw) > MOST_FIELDS:
        raise BadSchema(_("A type has at most %(count)s fields.") % {"count": MOST_FIELDS})
    fields = tuple(_Row(number, row).field() for number, row in enumerate(raw, 1))
    seen: dict[str, int] = {}
    for number, field in enumerate(fields, 1):
        first = seen.setdefault(field.key, number)
        if first != number:
            raise BadSchema(
                _("Rows %(first)s and %(second)s have the same key “%(key)s”; change one of them.")
                % {"first": first, "second": number, "key": field.key},
                row=number, cell="key",
            )  # fmt: skip
    return fields


def parse_new_schema(raw: Any) -> tuple[Field, ...]:
    """``parse_schema`` for what is about to be stored: also refuses fields that nobody could tell
    apart or fill in. What was stored before this was asked can still be read."""
    fields = parse_schema(raw)
    named: dict[str, int] = {}
    for number, field in enumerate(fields, 1):
        first = named.setdefault(field.label, number)
        if first != number:
            sentence = _(
                "Rows %(first)s and %(second)s have the same name “%(label)s”; change one of them."
            )
            words = {"first": first, "second": number, "label": field.label}
            raise BadSchema(sentence % words, row=number, cell="label")
        if field.type == FieldType.CHOICES:
            _refuse_impossible_count(number, field)
    return fields


def _refuse_impossible_count(number: int, field: Field) -> None:
    for cell, bound, ends in (
        ("least", field.least, range(len(field.options) + 1)),
        ("most", field.most, range(1, MOST_OPTIONS + 1)),
    ):
        if bound is not None and bound not in ends:
            sentence = _("“%(raw)s” is no bound for this field.") % {"raw": bound}
            message = _("Field %(row)s: %(sentence)s") % {"row": number, "sentence": sentence}
            raise BadSchema(message, row=number, cell=cell)


def raw_schema(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """What ``parse_schema`` reads: only cells that say something, always in one order."""
    return [_raw_field(field) for field in fields]


def clean_values(fields: Sequence[Field], raw: Any, *, is_complete: bool = True) -> dict[str, Any]:
    """Values as they are kept, in the order of the fields; what says nothing is left out. Raises
    ``BadValue``; ``is_complete=False`` lets required fields be empty."""
    if not isinstance(raw, Mapping):
        raise BadValue(_("The values are not given by field."))
    known = {field.key for field in fields}
    for key in raw:
        if key not in known:
            message = _("The type has no field “%(key)s”.") % {"key": key}
            raise BadValue(message, field=str(key))
    cleaned = {field.key: clean_value(field, raw.get(field.key)) for field in fields}
    for field in fields:
        if is_complete and field.required and cleaned[field.key] is None:
            message = _("“%(label)s” must be filled in.") % {"label": field.label}
            raise BadValue(message, field=field.key)
    return {key: value for key, value in cleaned.items() if value is not None}


def orphans(old: Sequence[Field], new: Sequence[Field], values: Mapping[str, Any]) -> list[str]:
    """One sentence for each value that would be lost, refused or mean something else under the
    new schema. A field that becomes required loses nothing."""
    successors = {field.key: field for field in new}
    found = []
    for field in old:
        value = values.get(field.key)
        if value is not None:
            reason = _reason(field, successors.get(field.key), value)
            if reason:
                shown = _short(show_value(field, value))
                words = {"label": field.label, "value": shown, "reason": reason}
                found.append(_("“%(label)s” holds %(value)s, but %(reason)s") % words)
    return found


def _reason(old: Field, new: Field | None, value: Any) -> str:
    if new is None:
        return _("the field is taken away.")
    if new.type != old.type and (old.type, new.type) not in _KINDRED:
        kinds = {"old": old.type.label, "new": new.type.label}
        return _("its type would change from %(old)s to %(new)s.") % kinds
    if new.unit != old.unit and old.type in WITH_UNIT:
        words = {"old": old.unit or "—", "new": new.unit or "—"}
        return _("its unit would change from %(old)s to %(new)s.") % words
    try:
        clean_value(new, value)
    except BadValue:
        return _("the field would no longer take that value.")
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"


class _Row:
    """One row of a schema while it is read."""

    def __init__(self, number: int, raw: Any) -> None:
        self.number = number
        if not isinstance(raw, Mapping):
            raise self.wrong(_("is not a field."))
        self.raw = raw
        for cell in raw:
            if cell not in _CELLS:
                raise self.wrong(_("“%(cell)s” is not known.") % {"cell": cell})

    def wrong(self, sentence: str, cell: str = "") -> BadSchema:
        words = {"row": self.number, "sentence": sentence}
        message = _("Field %(row)s: %(sentence)s") % words
        return BadSchema(message, row=self.number, cell=cell)

    def field(self) -> Field:
        kind = self._type()
        least, most = self._bound("least", kind), self._bound("most", kind)
        if least is not None and most is not None and least > most:  # type: ignore[operator]
            raise self.wrong(_("the least is above the most."), "most")
        return Field(
            key=self._key(), label=self._text("label"), type=kind,
            unit=self._text("unit") if kind in WITH_UNIT else "",
            least=least, most=most, decimals=self._decimals(kind),
            required=self._flag("required", False), help=self._text("help"),
            is_shown=self._flag("is_shown", True), compliance_note=self._text("compliance_note"),
            options=self._options(kind),
        )  # fmt: skip

    def _key(self) -> str:
        key = self.raw.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise self.wrong(
                _("the key begins with a small letter and has only small letters, digits and _."),
                "key",
            )
        return key

    def _type(self) -> FieldType:
        kind = self.raw.get("type")
        if not isinstance(kind, str) or kind not in FieldType.values:
            raise self.wrong(_("choose what kind of field it is."), "type")
        return FieldType(kind)

    def _text(self, cell: str) -> str:
        text = self.raw.get(cell, "")
        if not isinstance(text, str) or "\x00" in text:
            raise self.wrong(_("enter text."), cell)
        text = " ".join(text.split())
        if cell == "label" and not text:
            raise self.wrong(_("it needs a name."), cell)
        if len(text) > _LENGTHS[cell]:
            sentence = _("“%(text)s” is longer than %(most)s characters.")
            words = {"text": _short(text), "most": _LENGTHS[cell]}
            raise self.wrong(sentence % words, cell)
        return text

    def _flag(self, cell: str, otherwise: bool) -> bool:
        flag = self.raw.get(cell, otherwise)
        if not isinstance(flag, bool):
            raise self.wrong(_("answer yes or no."), cell)
        return flag

    def _bound(self, cell: str, kind: FieldType) -> Bound | None:
        raw = self.raw.get(cell)
        if raw in (None, "") or kind not in BOUNDED:
            return None
        bound = _bound_of(kind, raw)
        if bound is None:
            raise self.wrong(_("“%(raw)s” is no bound for this field.") % {"raw": raw}, cell)
        if kind in OF_TEXT and isinstance(bound, int) and bound > TEXT_MOST[kind]:
            sentence = _("it holds at most %(most)s characters.") % {"most": TEXT_MOST[kind]}
            raise self.wrong(sentence, cell)
        return bound

    def _decimals(self, kind: FieldType) -> int | None:
        raw = self.raw.get("decimals")
        if raw is None or kind not in OF_DECIMALS:
            return None
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= DECIMALS:
            sentence = _("it has 0 to %(most)s decimals.") % {"most": DECIMALS}
            raise self.wrong(sentence, "decimals")
        return raw

    def _options(self, kind: FieldType) -> tuple[tuple[str, str], ...]:
        if kind not in OF_OPTIONS:
            return ()
        raw = self.raw.get("options")
        if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_OPTIONS:
            sentence = _("list what can be chosen, 1 to %(most)s entries.") % {"most": MOST_OPTIONS}
            raise self.wrong(sentence, "options")
        options = tuple(self._option(each) for each in raw)
        for part in zip(*options, strict=True):
            twice = next((each for each in part if part.count(each) > 1), None)
            if twice is not None:
                raise self.wrong(_("“%(text)s” can be chosen twice.") % {"text": twice}, "options")
        return options

    def _option(self, raw: Any) -> tuple[str, str]:
        pair = (raw.get("value"), raw.get("label")) if isinstance(raw, Mapping) else (None, None)
        value, label = (each.strip() if isinstance(each, str) else "" for each in pair)
        if not 1 <= len(value) <= 40 or not 1 <= len(label) <= 40:
            raise self.wrong(_("an entry has 1 to 40 characters."), "options")
        if "\x00" in value + label:
            raise self.wrong(_("enter text."), "options")
        return value, label


def _bound_of(kind: FieldType, raw: Any) -> Bound | None:
    if kind == FieldType.DATE:
        try:
            return date.fromisoformat(raw)
        except (TypeError, ValueError):
            return None
    if kind in OF_DECIMALS:
        is_number = isinstance(raw, str | int | Decimal) and not isinstance(raw, bool)
        return decimal_of(raw) if is_number else None
    if isinstance(raw, bool) or not isinstance(raw, int) or abs(raw) > LARGEST:
        return None
    is_signed = kind in {FieldType.INTEGER, FieldType.RANGE_INTEGER}
    return raw if is_signed or raw >= 0 else None


def _raw_field(field: Field) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "key": field.key, "label": field.label, "type": field.type.value, "unit": field.unit,
        "least": _raw_bound(field.least), "most": _raw_bound(field.most),
        "decimals": field.decimals, "required": field.required or None, "help": field.help,
        "is_shown": None if field.is_shown else False, "compliance_note": field.compliance_note,
        "options": [{"value": value, "label": label} for value, label in field.options],
    }  # fmt: skip
    return {cell: value for cell, value in raw.items() if value not in (None, "", [])}


def _raw_bound(bound: Bound | None) -> int | str | None:
    if isinstance(bound, Decimal):
        return plain(bound)
    return bound.isoformat() if isinstance(bound, date) else bound
