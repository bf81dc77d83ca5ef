"""The rules themselves: pure functions of a subject, its period and the lists of words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from publishing import links
from publishing.choices import ComplianceRule, ComplianceVerdict, Severity
from publishing.compliance import deposits, matching
from publishing.compliance.checklist import Checklist, Finding, Item, item, not_applicable
from publishing.compliance.matching import Hit, Word
from publishing.compliance.subjects import (
    Link,
    Subject,
    Text,
    leads_to_deposit,
    leads_to_gift,
)

# Where a touch leaves what seniors came for.
_ADVERTISED = frozenset({"url", "campaign", "coupon_template", "zone_product"})
_FAIL, _WARN = ComplianceVerdict.FAIL, ComplianceVerdict.WARN

BASIS: dict[ComplianceRule, str | Promise] = {
    ComplianceRule.FORBIDDEN_WORDS: gettext_lazy("Advertising Law, articles 9 and 25"),
    ComplianceRule.END_DATE: gettext_lazy("Interim Provisions on Regulating Sales Promotion"),
    ComplianceRule.RULES_TEXT: gettext_lazy("Interim Provisions on Regulating Sales Promotion"),
    ComplianceRule.SENIOR_MODE: gettext_lazy("Design standard of apps suited to the elderly"),
    ComplianceRule.DEPOSIT_GIFT: gettext_lazy("Notice 48 (2018) on the deviation of deposits"),
    ComplianceRule.CLOSE_BUTTON: gettext_lazy("Advertising Law, article 44"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked at: a subject, with the title and the end that its envelope gives."""

    subject: Subject
    title: str
    ends_at: datetime | None
    words: Sequence[Word]

    @property
    def texts(self) -> tuple[Text, ...]:
        title = Text(gettext_lazy("title"), self.title)
        rules = Text(gettext_lazy("rules for customers"), self.subject.rules or "")
        texts = (title, *self.subject.texts, *([rules] if rules.text else []))
        # "&#20445;" is a character to whatever shows the text as a page.
        return tuple(Text(each.place, unescape(each.text)) for each in texts)


def check(case: Case) -> Checklist:
    return Checklist(tuple(_item(rule, findings(case)) for rule, findings in _RULES))


def _item(rule: ComplianceRule, findings: tuple[Finding, ...] | None) -> Item:
    if findings is None:
        return not_applicable(rule, BASIS[rule])
    return item(rule, findings, basis=BASIS[rule])


# --- each: None = does not apply ------------------------------------------------------------------
_Findings: TypeAlias = tuple[Finding, ...] | None


def _forbidden_words(case: Case) -> _Findings:
    return tuple(
        _of_word(each, hit) for each in case.texts for hit in matching.find(each.text, case.words)
    )


def _of_word(text: Text, hit: Hit) -> Finding:
    word = hit.word
    sentence = (
        _("“%(word)s” is a forbidden word. Take it out or say it in other words.")
        if word.severity == Severity.BLOCK
        else _("“%(word)s” needs a second look: keep it only where it is true and can be proved.")
    ) % {"word": word.word}
    return Finding(
        " ".join(part for part in (sentence, word.note) if part),
        _FAIL if word.severity == Severity.BLOCK else _WARN,
        text.place,
        matching.excerpt(text.text, hit.start, hit.end),
        word.source,
    )


def _end_date(case: Case) -> _Findings:
    if not case.subject.must_end:
        return None
    if case.ends_at is not None:
        return ()
    return (Finding(_("Say until when it holds: enter the end.")),)


def _rules_text(case: Case) -> _Findings:
    if case.subject.rules is None:
        return None
    if case.subject.rules.strip():
        return ()
    return (
        Finding(_("Write the rules for customers: who may take part, when, how much, and how.")),
    )


def _senior_mode(case: Case) -> _Findings:
    subject = case.subject
    if not subject.for_seniors:
        return None if subject.for_seniors is None else ()
    found: list[Finding] = []
    if subject.overlay:
        sentence = _(
            "In senior mode nothing covers the page: take off “suitable for senior mode”, or choose"
            " a banner."
        )
        found.append(Finding(sentence, place=subject.overlay))
    found += [_advertised(link, subject) for link in subject.links if link.kind in _ADVERTISED]
    if subject.is_gift:
        sentence = _("In senior mode nothing is advertised: take the mark for seniors off.")
        found.append(Finding(sentence))
    return tuple(found)


def _advertised(link: Link, subject: Subject) -> Finding:
    if not subject.advertises:
        sentence = _("Senior mode shows this link: make sure that nothing is advertised there.")
        return Finding(sentence, _WARN, place=describe(link))
    sentence = _(
        "In senior mode nothing is advertised: take off “suitable for senior mode”, or link to a"
        " function or an announcement."
    )
    return Finding(sentence, place=describe(link))


def _close_button(case: Case) -> _Findings:
    if case.subject.is_closable is None:
        return None
    if case.subject.is_closable:
        return ()
    sentence = _("What lies over the page needs a close button: set it in the placement.")
    return (Finding(sentence, place=case.subject.overlay),)


# --- deposits -------------------------------------------------------------------------------------
def _deposit_gift(case: Case) -> _Findings:
    found = [*_said(case.texts), *_tied(case.subject), *_linked(case.subject)]
    if not found:
        found += _promised(case)
    return tuple(found)


def _said(texts: Iterable[Text]) -> list[Finding]:
    return [
        Finding(
            _("The sentence speaks of gifts for deposits; make sure that it only warns of them.")
            if tie.denied
            else _("A gift must not depend on a deposit. Take the sentence out."),
            _WARN if tie.denied else _FAIL,
            each.place,
            matching.excerpt(each.text, tie.start, tie.end),
        )
        for each in texts
        for tie in deposits.ties(each.text)
    ]


def _tied(subject: Subject) -> list[Finding]:
    if not subject.is_gift:
        return []
    sentence = _("A gift must not depend on a deposit. Choose something else than deposits.")
    return [Finding(sentence, place=each) for each in subject.deposit_ties]


def _linked(subject: Subject) -> list[Finding]:
    """From a deposit to a gift, or from a gift to a deposit."""
    found = []
    for link in subject.links:
        if subject.is_deposit and leads_to_gift(link):
            sentence = _("A deposit must not lead to coupons or campaigns. Remove this link.")
            found.append(Finding(sentence, place=describe(link)))
        if subject.is_gift and leads_to_deposit(link):
            sentence = _("What gives customers something must not lead to a deposit.")
            found.append(Finding(sentence, place=describe(link)))
    return found


def _promised(case: Case) -> list[Finding]:
    """A present in the words of a deposit, or of what leads to one."""
    leading = [link for link in case.subject.links if leads_to_deposit(link)]
    if not case.subject.is_deposit and not leading:
        return []
    sentence = (
        _("A deposit must not promise a gift. Take the words out.")
        if case.subject.is_deposit
        else _("This leads to a deposit, so it must not promise a gift. Take the words out.")
    )
    return [
        Finding(sentence, place=each.place, excerpt=matching.excerpt(each.text, *spot))
        for each in case.texts
        if (spot := deposits.promises_gift(each.text)) is not None
    ]


def describe(link: Link) -> str:
    """In words; the id where the target is gone."""
    if link.kind == "url":
        return _("link to %(address)s") % {"address": link.id}
    known = links.get(link.kind)
    if known is None:
        return f"{link.kind}: {link.label or link.id}"
    found = None if link.label else known.find(link.id)
    return f"{known.label}: {link.label or (found.label if found else link.id)}"


_RULES: tuple[tuple[ComplianceRule, Callable[[Case], _Findings]], ...] = (
    (ComplianceRule.FORBIDDEN_WORDS, _forbidden_words),
    (ComplianceRule.END_DATE, _end_date),
    (ComplianceRule.RULES_TEXT, _rules_text),
    (ComplianceRule.DEPOSIT_GIFT, _deposit_gift),
    (ComplianceRule.SENIOR_MODE, _senior_mode),
    (ComplianceRule.CLOSE_BUTTON, _close_button),
)
