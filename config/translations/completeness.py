"""Whether every sentence of ours has its Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polib

from config.translations.extraction import Sentence, sentences_in

# Nobody reads these on a screen.
WITHOUT = {"benchmarks", "tests"}
_PLACEHOLDER = re.compile(r"%\([^)]+\)[sdf]|%[sd]|\{[a-z_0-9]*\}")


def problems(root: Path) -> Iterator[str]:
    """One line for each sentence that is missing, unfinished, or has lost a placeholder."""
    catalogue = polib.pofile(str(root / "locale/zh_Hans/LC_MESSAGES/django.po"))
    entries = {
        (entry.msgctxt or "", entry.msgid): entry for entry in catalogue if not entry.obsolete
    }
    for sentence in missing(sentences_in(root, folders(root)), entries):
        yield f"{sentence.where}: not translated: {sentence.text!r}"
    for entry in entries.values():
        if "fuzzy" in entry.flags:
            yield f"django.po:{entry.linenum}: fuzzy: {entry.msgid!r}"
        elif not _same_placeholders(entry):
            yield f"django.po:{entry.linenum}: other placeholders: {entry.msgid!r}"


def folders(root: Path) -> list[str]:
    """Every room, and the templates."""
    rooms = {path.parent.name for path in root.glob("*/__init__.py")} - WITHOUT
    return [*sorted(rooms), "templates"]


def missing(
    sentences: Iterator[Sentence], entries: dict[tuple[str, str], polib.POEntry]
) -> Iterator[Sentence]:
    told = set()
    for sentence in sentences:
        key = (sentence.context, sentence.text)
        if key not in told and not _is_done(entries.get(key), sentence):
            told.add(key)
            yield sentence


def _is_done(entry: polib.POEntry | None, sentence: Sentence) -> bool:
    if entry is None:
        return False
    if sentence.plural:
        return entry.msgid_plural == sentence.plural and bool(entry.msgstr_plural.get(0))
    return bool(_translation(entry))


def _translation(entry: polib.POEntry) -> str:
    return entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr


def _same_placeholders(entry: polib.POEntry) -> bool:
    wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    return not _translation(entry) or set(_PLACEHOLDER.findall(_translation(entry))) == wanted
