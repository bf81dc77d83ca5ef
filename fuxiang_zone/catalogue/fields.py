"""One field of a product type, and how a value of it is read and shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from fuxiang_zone.catalogue.choices import FieldType

Bound = int | Decimal | date

OF_MONEY = frozenset({FieldType.MONEY, FieldType.RANGE_MONEY, FieldType.AMOUNTS})
OF_DECIMALS = frozenset({FieldType.DECIMAL, FieldType.PERCENT})
OF_OPTIONS = frozenset({FieldType.CHOICE, FieldType.CHOICES})
OF_RANGES = frozenset({FieldType.RANGE_MONEY, FieldType.RANGE_INTEGER})
OF_TEXT = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
# Of these a least and a most can be asked for.
BOUNDED = frozenset(
    {FieldType.INTEGER, FieldType.RANGE_INTEGER, FieldType.CHOICES, FieldType.DATE}
) | OF_MONEY | OF_DECIMALS | OF_TEXT  # fmt: skip
WITH_UNIT = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.RANGE_INTEGER})

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
TEXT_MOST = {FieldType.TEXT: 120, FieldType.LONG_TEXT: 2000}
DECIMALS = 4
# Beyond it a number would not come back exactly from every JSON reader.
LARGEST = 10**14


@dataclass(frozen=True, slots=True)
class Field:
    """``least`` and ``most`` are included: cents of money, characters of text, entries of
    ``choices`` and ``amounts`` mean each amount."""

    key: str
    label: str
    type: FieldType
    unit: str = ""
    least: Bound | None = None
    most: Bound | None = None
    decimals: int | None = None
    required: bool = False
    help: str = ""
    is_shown: bool = True
    compliance_note: str = ""
    # (value, label)
    options: tuple[tuple[str, str], ...] = ()

    @property
    def shown_unit(self) -> str:
        if self.type in OF_MONEY:
            return _("yuan")
        return "%" if self.type == FieldType.PERCENT else self.unit

    @property
    def places(self) -> int:
        return DECIMALS if self.decimals is None else self.decimals

    def option_label(self, value: str) -> str:
        return dict(self.options).get(value, value)
