"""The forbidden words that hold in a schema: the province's for all, and the bank's own.

Kept per process, as fresh as the announced changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django_tenants.utils import tenant_context

from audit.context import current_schema
from operators.roles import is_platform
from publishing.choices import Severity
from publishing.compliance.matching import Word, bare_word, tidy_harmless
from publishing.models import ForbiddenWord
from tenants.changes import version_of
from tenants.platform import PLATFORM

# For rows that somebody changed past the services.
MAX_AGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Held:
    versions: tuple[int, int]
    read_at: float
    words: tuple[Word, ...]


_held: dict[str, _Held] = {}


def words_here() -> tuple[Word, ...]:
    """Of the current schema and the province."""
    schema = current_schema()
    if settings.CHANGE_READER == "sync":  # nobody would tell of a change
        return _read(schema)
    versions, now = (version_of(PLATFORM.schema_name), version_of(schema)), monotonic()
    held = _held.get(schema)
    if held is None or held.versions != versions or now - held.read_at > MAX_AGE_SECONDS:
        held = _held[schema] = _Held(versions, now, _read(schema))
    return held.words


def forget() -> None:
    _held.clear()


def province_words() -> list[ForbiddenWord]:
    """The rows of the province's list that hold, wherever one is."""
    with tenant_context(PLATFORM):
        return list(ForbiddenWord.objects.in_force())


def _read(schema: str) -> tuple[Word, ...]:
    of_province = [_word(row) for row in province_words()]
    if is_platform(schema):
        return tuple(of_province)
    own = [_word(row) for row in ForbiddenWord.objects.in_force()]
    return _merged(of_province, own)


def _merged(of_province: list[Word], own: list[Word]) -> tuple[Word, ...]:
    """A bank may make the province's word harder, never softer."""
    known = {bare_word(each.word): each for each in of_province}
    for each in own:
        before = known.get(bare_word(each.word))
        if before is None or (before.severity, each.severity) == (Severity.WARN, Severity.BLOCK):
            known[bare_word(each.word)] = each
    return tuple(known.values())


def _word(row: ForbiddenWord) -> Word:
    return Word(row.word, row.severity, row.note, row.source, tuple(tidy_harmless(row.harmless)))
