"""Subjects of the compliance check, and what a check of them says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from publishing.choices import ComplianceRule
from publishing.compliance.checklist import Checklist, Item
from publishing.compliance.matching import Word
from publishing.compliance.rules import Case, check
from publishing.compliance.subjects import Subject, Text

ENDS = datetime(2027, 1, 1, tzinfo=UTC)


def word(text: str, severity: str = "block", **fields: Any) -> Word:
    return Word(text, severity, **fields)


def checked(
    title: str = "春季存款",
    *,
    ends_at: datetime | None = ENDS,
    words: tuple[Word, ...] = (),
    body: str = "",
    **fields: Any,
) -> Checklist:
    texts = (Text("正文", body),) if body else ()
    subject = Subject(texts=texts, **fields)
    return check(Case(subject, title, ends_at, words))


def of(checklist: Checklist, rule: ComplianceRule | str) -> Item:
    return next(each for each in checklist.items if each.rule == rule)


def verdict(rule: ComplianceRule | str, **fields: Any) -> str:
    return str(of(checked(**fields), rule).verdict)
