"""Finds words in a text whatever they are dressed in: full-width forms, traditional characters,
blanks, invisible marks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from publishing.choices import Severity
from publishing.compliance.traditional import SIMPLIFIED

AROUND = 10
# Typed between the characters of a word to hide it; a line's end and a comma part words for real.
_DRESS = frozenset("·•‧・*＊_~^|`'\"“”‘’「」『』【】[]()（）<>《》-‐‑‒–—")
# Letters and signs that nobody sees, although Unicode calls them letters and signs.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Control, format (the zero-width ones among them) and private characters; marks put upon a letter.
_MARKS = frozenset({"Cc", "Cf", "Co", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class Word:
    word: str
    severity: str
    note: str = ""
    source: str = ""
    # Longer words in which this one is harmless: "第一" in "第一季度".
    harmless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    word: Word
    # Positions in the text as it was given.
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    before: str
    found: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}【{self.found}】{self.after}"


@dataclass(frozen=True, slots=True)
class Bare:
    """A text without what it is dressed in, and where each character stood."""

    text: str
    places: tuple[int, ...]


def bare(text: str) -> Bare:
    characters: list[str] = []
    places: list[int] = []
    for place, given in enumerate(text):
        plain = unicodedata.normalize("NFKC", given).casefold().translate(SIMPLIFIED)
        for each in plain:
            if _is_kept(each):
                characters.append(each)
                places.append(place)
    return Bare("".join(characters), tuple(places))


@lru_cache(maxsize=4096)
def bare_word(word: str) -> str:
    """Two words that are bare alike are one word."""
    return bare(word).text


def find(text: str, words: Iterable[Word]) -> list[Hit]:
    """In the order of the text; a word inside a longer forbidden one at the same place is left
    out, unless only it blocks."""
    stripped = bare(text)
    hits = [hit for word in words for hit in _hits(text, stripped, word)]
    kept = [hit for hit in hits if not any(_covers(other, hit) for other in hits)]
    return sorted(kept, key=lambda hit: (hit.start, hit.end))


def excerpt(text: str, start: int, end: int) -> Excerpt:
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    before = ("…" if first else "") + _one_line(text[first:start])
    after = _one_line(text[end:last]) + ("…" if last < len(text) else "")
    return Excerpt(before, _one_line(text[start:end]), after)


def _hits(text: str, stripped: Bare, word: Word) -> list[Hit]:
    spans = _spans(text, stripped, bare_word(word.word))
    if not spans:
        return []
    harmless = [span for each in word.harmless for span in _spans(text, stripped, bare_word(each))]
    return [
        Hit(word, start, end)
        for start, end in spans
        if not any(first <= start and end <= last for first, last in harmless)
    ]


def _spans(text: str, stripped: Bare, wanted: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = stripped.text.find(wanted) if wanted else -1
    while at >= 0:
        start, end = stripped.places[at], stripped.places[at + len(wanted) - 1] + 1
        if _stands_alone(text, wanted, start, end):
            found.append((start, end))
        at = stripped.text.find(wanted, at + 1)
    return found


def _stands_alone(text: str, wanted: str, start: int, end: int) -> bool:
    """Latin letters and digits are whole words: "top" is not in "stop", nor "no.1" in "no.10"."""
    if _is_latin(wanted[0]) and start > 0 and _is_latin(text[start - 1]):
        return False
    return not (_is_latin(wanted[-1]) and end < len(text) and _is_latin(text[end]))


def _covers(one: Hit, other: Hit) -> bool:
    longer = one.end - one.start > other.end - other.start
    around = one.start <= other.start and other.end <= one.end
    as_hard = one.word.severity == Severity.BLOCK or other.word.severity == Severity.WARN
    return longer and around and as_hard


def _is_kept(character: str) -> bool:
    if character == "\n":
        return True
    if character.isspace() or character in _DRESS or character in _UNSEEN:
        return False
    return unicodedata.category(character) not in _MARKS


def _is_latin(character: str) -> bool:
    plain = unicodedata.normalize("NFKC", character)
    return plain.isascii() and plain.isalnum()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def tidy_harmless(raw: str) -> Sequence[str]:
    """Phrases that a person typed, separated by commas or lines."""
    text = raw
    for each in "，、;；\n\r":
        text = text.replace(each, ",")
    return tuple(dict.fromkeys(part for part in (each.strip() for each in text.split(",")) if part))
