"""What became of the check: one line per rule, and under it each place where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.functional import Promise

from publishing.choices import ComplianceRule, ComplianceVerdict
from publishing.compliance.matching import Excerpt

COLOURS = {
    ComplianceVerdict.FAIL: "danger",
    ComplianceVerdict.WARN: "warning",
    ComplianceVerdict.PASS: "success",
    ComplianceVerdict.NOT_APPLICABLE: "",
}
_ORDER = list(ComplianceVerdict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it."""

    sentence: str | Promise
    verdict: ComplianceVerdict = ComplianceVerdict.FAIL
    # Where: the field as the form calls it, and the words around the spot.
    place: str | Promise = ""
    excerpt: Excerpt | None = None
    # The law or the notice behind it.
    source: str | Promise = ""

    def __str__(self) -> str:
        where = ": ".join(str(each) for each in (self.place, self.excerpt) if each)
        return f"{where} – {self.sentence}" if where else str(self.sentence)


@dataclass(frozen=True, slots=True)
class Item:
    """One rule and what was found."""

    rule: ComplianceRule
    verdict: ComplianceVerdict
    findings: tuple[Finding, ...] = ()
    basis: str | Promise = ""

    @property
    def code(self) -> str:
        return self.rule.value

    @property
    def title(self) -> str | Promise:
        return self.rule.label

    @property
    def colour(self) -> str:
        return COLOURS[self.verdict]

    @property
    def worst_first(self) -> list[Finding]:
        return sorted(self.findings, key=lambda each: _ORDER.index(each.verdict))


def item(rule: ComplianceRule, findings: tuple[Finding, ...], *, basis: str | Promise = "") -> Item:
    verdicts = {each.verdict for each in findings} or {ComplianceVerdict.PASS}
    return Item(rule, min(verdicts, key=_ORDER.index), findings, basis)


def not_applicable(rule: ComplianceRule, basis: str | Promise = "") -> Item:
    return Item(rule, ComplianceVerdict.NOT_APPLICABLE, (), basis)


@dataclass(frozen=True, slots=True)
class Checklist:
    items: tuple[Item, ...] = field(default=())

    @property
    def failing(self) -> list[Item]:
        return [each for each in self.items if each.verdict == ComplianceVerdict.FAIL]

    @property
    def warning(self) -> list[Item]:
        return [each for each in self.items if each.verdict == ComplianceVerdict.WARN]

    @property
    def passes(self) -> bool:
        return not self.failing

    @property
    def verdict(self) -> ComplianceVerdict:
        verdicts = {each.verdict for each in self.items} - {ComplianceVerdict.NOT_APPLICABLE}
        return min(verdicts or {ComplianceVerdict.PASS}, key=_ORDER.index)

    @property
    def colour(self) -> str:
        return COLOURS[self.verdict]

    def sentences(self) -> Iterator[str]:
        """One per failure, each with the rule's name."""
        for each in self.failing:
            for finding in each.worst_first:
                if finding.verdict == ComplianceVerdict.FAIL:
                    yield f"[{each.code}] {each.title}: {finding}"
