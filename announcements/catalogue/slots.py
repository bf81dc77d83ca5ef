"""Slots as the platform writes them: "1, 3-4"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from operators.entries import InvalidEntry

_BETWEEN = re.compile(r"[,;、\s]+")
# Hyphens and dashes that Chinese keyboards give, after NFKC.
_RANGE = re.compile(r"(\d{1,4})(?:[-–—~～至到](\d{1,4}))?\Z")
_BLANKS_IN_RANGE = re.compile(r"\s*([-–—~～至到])\s*")


def read_slots(text: str, most: int) -> list[int]:
    """Raises ``InvalidEntry`` for what is no number, out of range, or named twice."""
    plain = _BLANKS_IN_RANGE.sub(r"\1", unicodedata.normalize("NFKC", text))
    found: list[int] = []
    for part in filter(None, _BETWEEN.split(plain)):
        found.extend(_part(part))
    return clean_slots(found, most)


def _part(part: str) -> Iterable[int]:
    match = _RANGE.match(part)
    if match is None:
        raise InvalidEntry(
            _("“%(part)s” is no slot number. Write the slots like this: 1, 3-4.")
            % {"part": part[:20]}
        )
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if last < first:
        raise InvalidEntry(
            _("“%(part)s” runs backwards. Write the smaller number first.") % {"part": part}
        )
    return range(first, last + 1)


def clean_slots(slots: object, most: int) -> list[int]:
    if not isinstance(slots, list) or any(type(slot) is not int for slot in slots):
        raise InvalidEntry(_("The slots of the province are a list of numbers."))
    for slot in slots:
        if not 1 <= slot <= most:
            raise InvalidEntry(
                _("Slot %(slot)s does not exist: this placement has the slots 1 to %(most)s.")
                % {"slot": slot, "most": most}
            )
        if slots.count(slot) > 1:
            raise InvalidEntry(
                _("Slot %(slot)s is reserved twice. Name each slot once.") % {"slot": slot}
            )
    return sorted(slots)


def write_slots(slots: Sequence[int]) -> str:
    """Neighbours as a range."""
    parts: list[list[int]] = []
    for slot in sorted(slots):
        if parts and parts[-1][-1] == slot - 1:
            parts[-1].append(slot)
        else:
            parts.append([slot])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
