"""The editor of a type's fields and disclosures: rows that are added, moved and taken away. What a
banker types (yuan, lines of choices) becomes the schema's own form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms

from fuxiang_zone.catalogue.choices import FieldType
from fuxiang_zone.catalogue.content import parse_disclosures
from fuxiang_zone.catalogue.errors import BadSchema
from fuxiang_zone.catalogue.fields import (
    BOUNDED,
    DECIMALS,
    OF_DECIMALS,
    OF_MONEY,
    OF_OPTIONS,
    WITH_UNIT,
)
from fuxiang_zone.catalogue.form_fields import cents_of, whole_of
from fuxiang_zone.catalogue.schema import parse_new_schema, raw_schema
from fuxiang_zone.catalogue.values import yuan
from operators.admin_base import TemplateWidget

TOKEN = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
MOST_ROWS = 60
TEXTS = ("key", "label", "unit", "help", "compliance_note")
# Which cells mean something for which types; the script hides the others.
CELLS = {
    "unit": WITH_UNIT,
    "bounds": BOUNDED,
    "decimals": OF_DECIMALS,
    "options": OF_OPTIONS,
}


class RowsWidget(TemplateWidget):
    """Rows in the order in which the page has them: ``<name>-row`` lists their tokens."""

    wrong_row = 0

    def tokens(self, data: Any, name: str) -> list[str]:
        given = data.getlist(f"{name}-row") if hasattr(data, "getlist") else []
        return [each for each in given[:MOST_ROWS] if TOKEN.fullmatch(each)]


class SchemaWidget(RowsWidget):
    template_name = "fuxiang_zone/catalogue/fields.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown(row) for row in value or []]
        return {
            "name": name,
            "rows": [
                {"token": f"r{number}", "is_wrong": number == self.wrong_row, **row}
                for number, row in enumerate(rows, 1)
            ],
            "blank": {"token": "__row__", "type": FieldType.TEXT.value, "is_shown": True},
            "types": FieldType.choices,
            "decimals": range(DECIMALS + 1),
            "cells": {cell: " ".join(sorted(kinds)) for cell, kinds in CELLS.items()},
            "most": MOST_ROWS,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        rows = [_typed(data, f"{name}-{token}") for token in self.tokens(data, name)]
        said = [row for row in rows if any(row.get(cell) for cell in (*TEXTS, "options"))]
        _fill_keys(said)
        return said


class DisclosuresWidget(RowsWidget):
    template_name = "fuxiang_zone/catalogue/disclosures.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [
            {"token": f"r{number}", "is_wrong": number == self.wrong_row, **row}
            for number, row in enumerate(value or [], 1)
        ]
        blank = {"token": "__row__", "required": True}
        return {"name": name, "rows": rows, "blank": blank, "most": MOST_ROWS}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for token in self.tokens(data, name):
            row: dict[str, Any] = {
                cell: data.get(f"{name}-{token}-{cell}", "").strip()
                for cell in ("code", "label", "help")
            }
            row["required"] = data.get(f"{name}-{token}-required") == "on"
            rows.append(row)
        said = [row for row in rows if row["label"] or row["code"] or row["help"]]
        _fill_keys(said, "code", "notice")
        return said


class RowsField(forms.Field):
    """Rows as they were typed, refused by ``BadSchema`` at their row."""

    widget: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def clean(self, value: Any) -> Any:
        try:
            return self.read(value or [])
        except BadSchema as error:
            self.widget.wrong_row = error.row
            raise forms.ValidationError(str(error.message)) from error

    def read(self, value: Any) -> Any:
        raise NotImplementedError


class SchemaField(RowsField):
    widget = SchemaWidget

    def read(self, value: Any) -> list[dict[str, Any]]:
        return raw_schema(parse_new_schema(value))


class DisclosuresField(RowsField):
    widget = DisclosuresWidget

    def read(self, value: Any) -> list[dict[str, Any]]:
        parse_disclosures(value)
        return list(value)


# --- one row of the schema, typed and shown ------------------------------------------------------
def _typed(data: Any, prefix: str) -> dict[str, Any]:
    row: dict[str, Any] = {cell: data.get(f"{prefix}-{cell}", "").strip() for cell in TEXTS}
    kind = row["type"] = data.get(f"{prefix}-type", "")
    row["required"] = data.get(f"{prefix}-required") == "on"
    row["is_shown"] = data.get(f"{prefix}-is_shown") == "on"
    if kind not in WITH_UNIT:
        row["unit"] = ""
    if kind in BOUNDED:
        for bound in ("least", "most"):
            row[bound] = _bound(kind, data.get(f"{prefix}-{bound}", "").strip())
    decimals = data.get(f"{prefix}-decimals", "").strip()
    if kind in OF_DECIMALS and decimals:
        row["decimals"] = whole_of(decimals)
    if kind in OF_OPTIONS:
        row["options"] = _options(data.get(f"{prefix}-options", ""))
    return row


def _bound(kind: str, text: str) -> Any:
    if not text or kind in OF_DECIMALS or kind == FieldType.DATE:
        return text or None
    return cents_of(text) if kind in OF_MONEY else whole_of(text)


def _options(text: str) -> list[dict[str, str]]:
    """One in a line: its name, or "value = name" where the value is known elsewhere."""
    found = []
    for line in text.splitlines():
        value, sign, label = line.partition("=")
        if line.strip():
            found.append(
                {"value": value.strip(), "label": label.strip() if sign else value.strip()}
            )
    return found


def _fill_keys(rows: list[dict[str, Any]], cell: str = "key", word: str = "field") -> None:
    """Nobody has to think of a key: what is left empty gets the first free one."""
    taken = {row[cell] for row in rows}
    for row in rows:
        if not row[cell]:
            row[cell] = next(
                name for number in range(1, 999) if (name := f"{word}_{number}") not in taken
            )
            taken.add(row[cell])


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    kind = row.get("type", "")
    shown = {**row, "is_shown": row.get("is_shown", True)}
    for bound in ("least", "most"):
        value = row.get(bound)
        is_cents = kind in OF_MONEY and isinstance(value, int)
        shown[bound] = yuan(value) if is_cents and value is not None else value
    shown["options"] = "\n".join(_option_lines(row.get("options") or []))
    shown["has_more"] = any(
        row.get(cell) not in (None, "") for cell in ("least", "most", "help", "compliance_note")
    )
    return shown


def _option_lines(options: Iterable[dict[str, str]]) -> Iterable[str]:
    for each in options:
        value, label = each.get("value", ""), each.get("label", "")
        yield label if value == label else f"{value} = {label}"
