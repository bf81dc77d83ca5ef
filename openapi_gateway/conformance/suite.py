"""The cases, in the order in which they are judged, and the judging of a run.

A case is judged by what arrived at its own address. When too little arrived because the gateway
refused the calls, the refusal's code says which case is about that: this case alone is not passed,
and the others, about which nothing can be known, are not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from openapi_gateway import errors
from openapi_gateway.conformance import answering, material, sending
from openapi_gateway.conformance.choices import Arrival, CaseVerdict
from openapi_gateway.conformance.evidence import Evidence, Outcome, Seen, blocked, failed


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    title: str | Promise
    # What the client is asked to do.
    asked: str | Promise
    judge: Callable[[Evidence], Outcome]
    method: str = "GET"
    # Cases without which this one cannot be carried out.
    needs: tuple[str, ...] = ("get_plain",)
    # What the client is given for it.
    given: Callable[[str], Mapping[str, Any]] = lambda run_id: {}
    # Nothing may follow for a while: the run is not closed before.
    is_watched: bool = False


RETRIES = ("retry_503", "retry_429", "slow_answer")
_POSTS = ("post_body",)
# Reported by a query.
_REPORTS = ("get_plain", "query")
Blame = Callable[[str, str], str]

SENDING: tuple[Case, ...] = (
    Case(
        "get_plain", _("Signs a call without a body"),
        _("Send GET to the case's address; neither Content-Digest nor Content-Type is sent or"
          " signed."),
        sending.plain_get, needs=(),
    ),
    Case(
        "clock", _("Keeps the signature's times within limits"),
        _("Send GET. “created” is the moment of sending, “expires” at most 300 seconds later."),
        sending.clock,
    ),
    Case(
        "nonces", _("Draws a new nonce for every call"),
        _("Send GET as many times as “calls” says, one right after the other."),
        sending.nonces, given=lambda run_id: {"calls": material.NONCE_CALLS},
    ),
    Case(
        "query", _("Signs repeated, empty and Chinese query values"),
        _("Send GET with the pairs of “pairs” as the query, in their order."),
        sending.query, given=lambda run_id: {"pairs": material.query_pairs(run_id)},
    ),
    Case(
        "post_body", _("Signs a call with a body"),
        _("Send “json” as a JSON body."),
        sending.posted_body, "POST",
        given=lambda run_id: {"json": {"echo": material.word(run_id, "post_body")}},
    ),
    Case(
        "unicode", _("Sends every character unchanged"),
        _("Send “json” as a JSON body; no character may be replaced or normalised."),
        sending.unicode_text, "POST", _POSTS,
        given=lambda run_id: {"json": {"text": material.unicode_text(run_id)}},
    ),
    Case(
        "exact_bytes", _("Digests the bytes that it sends"),
        _("Fetch “payload”, decode its Base64 and send these bytes as application/json, without"
          " writing the JSON anew."),
        sending.exact_bytes, "POST", _POSTS,
        given=lambda run_id: {"payload": f"/gw/v1/conformance/runs/{run_id}/payload"},
    ),
    Case(
        "idempotency_key", _("Gives every order an Idempotency-Key of its own"),
        _("Send each of “orders” as a JSON body, each under its own signed Idempotency-Key."),
        sending.idempotency_key, "POST", _POSTS,
        given=lambda run_id: {"orders": _orders(run_id)},
    ),
    Case(
        "retry_503", _("Sends again after an outage, signed anew"),
        _("Send “json” with an Idempotency-Key. The first answer is a 503: wait for Retry-After and"
          " send again, under the same key, with a new nonce and signature."),
        sending.retry_after_outage, "POST", ("post_body", "idempotency_key"),
        given=lambda run_id: {"json": {"order": material.word(run_id, "retry_503")}},
    ),
    Case(
        "retry_429", _("Waits as long as it is told"),
        _("Send GET. The first answer is a 429: send again, not before Retry-After has passed."),
        sending.retry_after_limit, needs=("get_plain", "retry_503"),
    ),
    Case(
        "slow_answer", _("Gives up on a slow answer and asks again"),
        _("Send “json” with an Idempotency-Key. The first answer is slow: give up after"
          " “give_up_after” seconds and send again under the same key."),
        sending.slow_answer, "POST", ("post_body", "idempotency_key", "retry_503"),
        given=lambda run_id: {
            "json": {"order": material.word(run_id, "slow_answer")},
            "give_up_after": material.SLOW_GIVE_UP,
        },
    ),
    Case(
        "no_retry_422", _("Does not repeat what is refused for good"),
        _("Send GET. The answer is a 422 that is not retryable: do not send it again."),
        sending.no_retry, is_watched=True,
    ),
    Case(
        "problem", _("Reads a problem with unknown members"),
        _("Send GET. The answer is a problem with members that you do not know: report the"
          " “request_id” that it names, by POST to “:report” with the query read=…"),
        sending.reads_problem, needs=_REPORTS,
    ),
    Case(
        "redirect", _("Does not follow a redirect"),
        _("Send GET. The answer is a redirect: do not follow it."),
        sending.no_redirect, is_watched=True,
    ),
    Case(
        "revoked_key", _("Stops using a revoked key"),
        _("Send GET. The answer says that the key was revoked: do not call this address with it"
          " again. (Only the suite says so; the key stays valid.)"),
        sending.stops_revoked_key, is_watched=True,
    ),
)  # fmt: skip

_FETCH = _("Send GET, verify the answer's signature and report accepted or refused, by POST to"
           " “:report” with the query answer=…")  # fmt: skip
ANSWERS: tuple[Case, ...] = tuple(
    Case(name, title, _FETCH, answering.judge_of(name), needs=_REPORTS)
    for name, title in (
        (answering.RIGHT, _("Accepts right answers, refusals among them")),
        ("answer_signature", _("Refuses an answer with a wrong signature")),
        ("answer_digest", _("Refuses an answer whose body was changed")),
        ("answer_binding", _("Refuses the answer to another request")),
        ("answer_unsigned", _("Refuses an answer that is not signed")),
        ("answer_foreign_key", _("Refuses an answer signed with a foreign key")),
        ("answer_stale", _("Refuses an answer from the past")),
    )
)
CASES = (*SENDING, *ANSWERS)
BY_NAME: dict[str, Case] = {case.name: case for case in CASES}

DOOR = gettext_noop("The gateway refused the call: %(code)s.")
CONSEQUENCE = gettext_noop("Could not be judged before “%(case)s” is passed.")
OFF_CLOCK = gettext_noop(
    "The gateway refused calls because of their times (%(code)s). Set your clock by NTP."
)


def blamed(case: str, code: str, *, retries: Collection[str] = RETRIES) -> str:
    """The case that is about what the gateway refused."""
    if code == errors.SIG_EXPIRED:
        return "clock"
    if code == errors.SIG_NONCE:
        return "retry_503" if case in retries else "nonces"
    return case


def _blame(refusals: Iterable[tuple[str, Seen]]) -> Blame:
    """Who uses a nonce twice elsewhere, too, does not get the retries wrong, but the nonces."""
    replayed = {name for name, each in refusals if each.word == errors.SIG_NONCE}
    return partial(blamed, retries=RETRIES if replayed <= set(RETRIES) else ())


def judge_run(
    run_id: str, arrivals: Mapping[str, Sequence[Seen]], *, closed: bool
) -> list[tuple[Case, Outcome]]:
    outcomes: dict[str, Outcome] = {}
    refusals = [(name, each) for name, seen in arrivals.items() for each in _refused(seen)]
    blame = _blame(refusals)
    for case in CASES:
        seen = Evidence(run_id, arrivals.get(case.name, ()), closed)
        outcome = _accused(case, refusals, blame) or case.judge(seen)
        outcomes[case.name] = _explained(case, seen, outcome, blame)
    if closed:
        for case in CASES:
            outcomes[case.name] = _unless_consequence(
                case, outcomes, arrivals.get(case.name, ()), blame
            )
    return [(case, outcomes[case.name]) for case in CASES]


def _refused(seen: Iterable[Seen]) -> list[Seen]:
    return [each for each in seen if each.kind == Arrival.REFUSED]


def _accused(case: Case, refusals: Sequence[tuple[str, Seen]], blame: Blame) -> Outcome | None:
    """Failed by what the gateway refused at another case's address."""
    for name, each in refusals:
        if name != case.name and blame(name, each.word) == case.name:
            reason = OFF_CLOCK if case.name == "clock" else DOOR
            return failed(reason, code=each.word)
    return None


def _explained(case: Case, seen: Evidence, outcome: Outcome, blame: Blame) -> Outcome:
    """That nothing arrived has a reason when the gateway refused it."""
    if not outcome.is_lack or not seen.refusals or outcome.reason == sending.REPLAYED:
        return outcome
    code = seen.refusals[-1].word
    reason = OFF_CLOCK if case.name == blame(case.name, code) == "clock" else DOOR
    return Outcome(outcome.verdict, reason, {"code": code}, is_lack=True)


def _unless_consequence(
    case: Case, outcomes: Mapping[str, Outcome], seen: Sequence[Seen], blame: Blame
) -> Outcome:
    outcome = outcomes[case.name]
    if outcome.verdict != CaseVerdict.FAILED or not outcome.is_lack:
        return outcome
    causes = [blame(case.name, each.word) for each in _refused(seen)]
    for cause in (*case.needs, *causes):
        if cause != case.name and outcomes[cause].verdict != CaseVerdict.PASSED:
            return blocked(CONSEQUENCE, case=cause)
    return outcome


def _orders(run_id: str) -> list[dict[str, str]]:
    return [{"order": material.word(run_id, f"order {number}")} for number in (1, 2)]
