r"""The dialect in which a template says what its codes look like, e.g. ``[0-9]{16,20}``.

A pattern stands for the whole code. It is a sequence of elements, each a letter, digit, ``-`` or
``_``; a class like ``[A-Z0-9]``; or ``\d``, a digit. After an element may stand ``{m}``,
``{m,n}``, ``+`` (once or more) or ``?`` (once or not at all). There are no groups, alternatives
or references, and the choices that the lengths leave open are few: matching a code tries at most
``MOST_WAYS`` ways, so no pattern can stop an import.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from coupons.errors import BadTemplate

MOST_CHARACTERS, MOST_WAYS = 100, 4096
SHORTEST_CODE, LONGEST_CODE = 4, 64
_MEMBERS = r"(?:[A-Za-z0-9_](?:-[A-Za-z0-9_])?|-(?=\]))+"
_ELEMENT = re.compile(
    rf"(?P<what>\\d|[A-Za-z0-9_-]|\[-?{_MEMBERS}-?\])"
    r"(?P<often>\{(?P<least>\d{1,2})(?:,(?P<most>\d{1,2}))?\}|\+|\?)?"
)
_RANGE = re.compile(r"([A-Za-z0-9_])-([A-Za-z0-9_])")


@dataclass(frozen=True, slots=True)
class Element:
    what: str
    least: int
    most: int

    @property
    def expression(self) -> str:
        what = "[0-9]" if self.what == r"\d" else self.what
        if self.least == self.most == 1:
            return what
        often = f"{self.least}" if self.least == self.most else f"{self.least},{self.most}"
        return f"{what}{{{often}}}"


def clean_pattern(raw: str) -> str:
    """Tidied, and known to be one. Raises ``BadTemplate``; empty = any code."""
    text = unicodedata.normalize("NFKC", raw or "").strip().removeprefix("^").removesuffix("$")
    if text:
        elements_of(text)
    return text


def pattern_of(text: str) -> re.Pattern[str]:
    """For ``fullmatch`` on a code. Raises ``BadTemplate``."""
    return _compiled(text)


def shortest_length(text: str) -> int:
    """Of a code that matches; 0 for the empty pattern, which matches any code."""
    return sum(element.least for element in elements_of(text)) if text else 0


def longest_length(text: str) -> int:
    return min(LONGEST_CODE, sum(element.most for element in elements_of(text)))


@lru_cache(maxsize=256)
def _compiled(text: str) -> re.Pattern[str]:
    if not text:
        return re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST_CODE},{LONGEST_CODE}}}")
    return re.compile("".join(element.expression for element in elements_of(text)))


def elements_of(text: str) -> list[Element]:
    if len(text) > MOST_CHARACTERS:
        raise _bad(_("The pattern is too long: at most %(most)s characters."), most=MOST_CHARACTERS)
    elements, place = [], 0
    while place < len(text):
        found = _ELEMENT.match(text, place)
        if found is None:
            raise _bad(
                _(
                    "The pattern cannot be read from character %(place)s on: “%(rest)s”. It is made"
                    " of letters, digits, - and _, classes like [A-Z0-9] and \\d, each followed by"
                    " {m}, {m,n}, + or ?; groups and alternatives are not allowed."
                ),
                place=place + 1, rest=text[place : place + 12],
            )  # fmt: skip
        elements.append(_element(found))
        place = found.end()
    _check_lengths(elements)
    return elements


def _element(found: re.Match[str]) -> Element:
    what, often = found["what"], found["often"]
    for first, last in _RANGE.findall(what) if what.startswith("[") else ():
        if first > last:
            raise _bad(
                _("The range %(range)s in the pattern runs backwards."), range=f"{first}-{last}"
            )
    if often is None:
        return Element(what, 1, 1)
    if often == "+":
        return Element(what, 1, LONGEST_CODE)
    if often == "?":
        return Element(what, 0, 1)
    least = int(found["least"])
    most = int(found["most"]) if found["most"] is not None else least
    if not 1 <= max(least, most) <= LONGEST_CODE or least > most:
        raise _bad(
            _("“%(often)s” in the pattern is no length: write {m} or {m,n} with m ≤ n ≤ %(most)s."),
            often=often, most=LONGEST_CODE,
        )  # fmt: skip
    return Element(what, least, most)


def _check_lengths(elements: list[Element]) -> None:
    least, most = (sum(getattr(each, name) for each in elements) for name in ("least", "most"))
    if least > LONGEST_CODE or most < SHORTEST_CODE:
        raise _bad(
            _("Codes have %(least)s to %(most)s characters; none of them can match this pattern."),
            least=SHORTEST_CODE, most=LONGEST_CODE,
        )  # fmt: skip
    ways = 1
    for element in elements:
        ways *= element.most - element.least + 1
    if ways > MOST_WAYS:
        raise _bad(
            _(
                "The pattern leaves too many lengths open, which makes imports slow. Use + or"
                " {m,n} at fewer places, or write exact lengths."
            )
        )


def _bad(sentence: str, **facts: object) -> BadTemplate:
    return BadTemplate(sentence % facts if facts else sentence, field="code_pattern")
