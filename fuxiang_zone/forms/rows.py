"""The rate table and the links of a product in its form: rows that work without a script."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.form_fields import cents_of, whole_of
from fuxiang_zone.choices import TermUnit
from fuxiang_zone.errors import BadProduct
from fuxiang_zone.products.linking import KINDS, MOST_LINKS, clean_links
from fuxiang_zone.products.rates import MOST_ROWS, CapFor, clean_rates
from fuxiang_zone.products.wording import yuan
from operators.admin_base import TemplateWidget, TidyField
from publishing import links

SPARE_ROWS = 3
# As they stand on the screen.
CELLS = ("term", "unit", "from", "to", "rate")


# --- rates ---------------------------------------------------------------------------------------
class RatesWidget(TemplateWidget):
    template_name = "fuxiang_zone/rates.html"
    # The platform's caps in words, for the maker to see before typing.
    caps: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.caps = []

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rows = [_shown(each) for each in value or []]
        spare = [{"unit": TermUnit.YEAR.value}] * min(SPARE_ROWS, max(0, MOST_ROWS - len(rows)))
        return {
            "name": name,
            "rows": list(enumerate([*rows, *spare])),
            "filled": len(rows),
            "most": MOST_ROWS,
            "units": TermUnit.choices,
            "caps": self.caps,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        """As typed; rows in which nothing is typed do not count."""
        rows = [
            {cell: (data.get(f"{name}-{row}-{cell}") or "").strip() for cell in CELLS}
            for row in range(MOST_ROWS + SPARE_ROWS)
        ]
        return [row for row in rows if any(row[cell] for cell in CELLS if cell != "unit")]


def _shown(rate: Mapping[str, Any]) -> dict[str, Any]:
    if "from_cents" not in rate:
        return dict(rate)
    to_cents = rate["to_cents"]
    return {
        "term": rate["term"], "unit": rate["unit"], "rate": rate["rate"],
        "from": yuan(rate["from_cents"]), "to": "" if to_cents is None else yuan(to_cents),
    }  # fmt: skip


class RatesField(TidyField):
    """``cap_for`` as ``clean_rates`` takes it."""

    widget = RatesWidget
    refusal = BadProduct

    def __init__(self, *, cap_for: CapFor | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.cap_for = cap_for

    def tidy(self, typed: Any) -> list[dict[str, Any]]:
        return clean_rates([_typed(row) for row in typed or []], self.cap_for)


def _typed(row: Mapping[str, str]) -> dict[str, Any]:
    """An amount left empty begins at nothing, and ends nowhere."""
    rate = unicodedata.normalize("NFKC", row["rate"]).strip().removesuffix("%").strip()
    return {
        "term": whole_of(row["term"]), "unit": row["unit"], "rate": rate,
        "from_cents": cents_of(row["from"]) if row["from"] else 0,
        "to_cents": cents_of(row["to"]) if row["to"] else None,
    }  # fmt: skip


# --- links ---------------------------------------------------------------------------------------
class LinksWidget(TemplateWidget):
    template_name = "fuxiang_zone/links.html"
    # Of the operator who chooses; empty = the whole bank.
    branch_path = ""
    # Of the product itself: it does not lead to itself.
    own_uid = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = [{"kind": each["kind"], "id": each["id"],
                   "label": each.get("label") or each["id"]} for each in value or []]  # fmt: skip
        groups = [
            (known.label, [
                (f"{known.name}:{target.id}", target.label)
                for target in known.choices(self.branch_path) if target.id != self.own_uid
            ])
            for kind in KINDS if (known := links.get(kind)) is not None
        ]  # fmt: skip
        offered = {value for _label, targets in groups for value, _words in targets}
        rows = [f"{each['kind']}:{each['id']}" for each in chosen]
        words = dict(zip(rows, (each["label"] for each in chosen), strict=True))
        return {
            "name": name,
            "rows": list(enumerate([*rows, *[""] * max(0, MOST_LINKS - len(rows))])),
            "filled": len(rows),
            "most": MOST_LINKS,
            "groups": [group for group in groups if group[1]],
            # What the draft names stays visible when it is gone.
            "gone": [(row, _("%(target)s (no longer there)") % {"target": words[row]})
                     for row in rows if row not in offered],
        }  # fmt: skip

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        found = []
        for row in range(MOST_LINKS + SPARE_ROWS):
            kind, _colon, target_id = (data.get(f"{name}-{row}") or "").partition(":")
            if kind:
                found.append({"kind": kind, "id": target_id})
        return found


class LinksField(TidyField):
    widget = LinksWidget
    refusal = BadProduct

    def tidy(self, typed: Any) -> list[dict[str, str]]:
        return clean_links(typed or [])
