"""Judges of what the client makes of answers. Which answer is wrong, and how, is hidden behind
names drawn for each run."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.utils.translation import gettext_noop

from openapi_gateway.conformance.evidence import Evidence, Outcome, failed, lacking, passed

ACCEPTED, REFUSED = "accepted", "refused"
# The case whose answers are right, each in another way.
RIGHT = "answer_right"
# What hides behind the names, by case: for right answers what they look like, for wrong ones what
# ``Reply.spoil`` is asked for.
KINDS: dict[str, tuple[str, ...]] = {
    RIGHT: ("plain", "unknown_member", "problem"),
    "answer_signature": ("signature",),
    "answer_digest": ("digest",),
    "answer_binding": ("binding", "unbound"),
    "answer_unsigned": ("unsigned",),
    "answer_foreign_key": ("foreign_key",),
    "answer_stale": ("stale",),
}
PREFIX = "answer-"


def draw() -> dict[str, str]:
    """{"answer-1": "answer_digest:digest", …}"""
    kinds = [f"{case}:{kind}" for case, each in KINDS.items() for kind in each]
    secrets.SystemRandom().shuffle(kinds)
    return {f"{PREFIX}{number}": kind for number, kind in enumerate(kinds, start=1)}


def judge_of(case: str) -> Callable[[Evidence], Outcome]:
    """Every answer of the case is fetched, and reported as it should be; the first word counts
    against the client as much as the last. What is said of an answer that never came says
    nothing: the client may have been refused."""
    wanted, count = (ACCEPTED if case == RIGHT else REFUSED), len(KINDS[case])

    def judge(seen: Evidence) -> Outcome:
        fetched = {each.detail.get("answer") for each in seen.calls}
        for report in seen.reports:
            if report.word != wanted and report.detail.get("answer") in fetched:
                return failed(WRONG[wanted], name=report.detail.get("answer", ""))
        if len(fetched) < count:
            return lacking(seen, gettext_noop("Not every answer was fetched."))
        if len({each.detail.get("answer") for each in seen.reports}) < count:
            return lacking(seen, gettext_noop("Not every answer was reported."))
        return passed(RIGHTLY[wanted])

    return judge


WRONG = {
    ACCEPTED: gettext_noop("The client refused %(name)s, which is right."),
    REFUSED: gettext_noop("The client accepted %(name)s, which is wrong."),
}
RIGHTLY = {
    ACCEPTED: gettext_noop("The client accepted every right answer."),
    REFUSED: gettext_noop("The client refused the wrong answer."),
}
