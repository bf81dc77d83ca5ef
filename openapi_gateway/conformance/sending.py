"""Judges of what the client sends. Each reads the arrivals at its own case alone."""

from __future__ import annotations

from hashlib import sha256

from django.utils.translation import gettext_noop

from openapi_gateway.conformance import material
from openapi_gateway.conformance.choices import CaseVerdict
from openapi_gateway.conformance.evidence import Evidence, Outcome, Seen, failed, lacking, passed

NOTHING_CAME = gettext_noop("No call of this case has arrived.")
REPLAYED = gettext_noop("The call came again with its old nonce and signature: sign it anew.")
ELSEWHERE = "elsewhere"


def _nothing(seen: Evidence) -> Outcome:
    return lacking(seen, NOTHING_CAME)


def plain_get(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    return passed(gettext_noop("A call without a body arrived, signed without a digest."))


def clock(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    for call in seen.calls:
        off = abs(int(call.at.timestamp()) - int(call.detail.get("created", 0)))
        valid = int(call.detail.get("expires", 0)) - int(call.detail.get("created", 0))
        if off > material.CLOCK_SLACK:
            return failed(
                gettext_noop(
                    "“created” is %(off)s seconds off our clock; %(most)s are allowed here. Set"
                    " your clock by NTP and sign right before sending."
                ),
                off=off, most=material.CLOCK_SLACK,
            )  # fmt: skip
        if not 0 < valid <= 300:
            return failed(
                gettext_noop("“expires” lies %(valid)s seconds after “created”; at most 300."),
                valid=valid,
            )
    return passed(gettext_noop("“created” and “expires” are within their limits."))


def nonces(seen: Evidence) -> Outcome:
    if seen.refusals and any(each.word == "GW.SIG.NONCE_REPLAYED" for each in seen.refusals):
        return failed(
            gettext_noop("A nonce came twice. Draw a new random one of 128 bits for every call.")
        )
    count, wanted = len(seen.calls), material.NONCE_CALLS
    if count >= wanted:
        reason = gettext_noop("%(count)s calls came, each with a nonce of its own.")
        return passed(reason, count=count)
    if not count:
        return _nothing(seen)
    reason = gettext_noop("%(count)s of %(wanted)s calls have arrived.")
    return lacking(seen, reason, count=count, wanted=wanted)


def query(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    wanted = material.query_pairs(seen.run_id)
    if any(call.detail.get("pairs") == wanted for call in seen.calls):
        return passed(gettext_noop("Repeated, empty and Chinese values arrived as given."))
    return failed(
        gettext_noop("The query arrived as %(given)s: send every pair, in the order given."),
        given=_short(seen.calls[-1].detail.get("pairs")),
    )


def posted_body(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    wanted = {"echo": material.word(seen.run_id, "post_body")}
    if any(call.detail.get("json") == wanted for call in seen.calls):
        return passed(gettext_noop("The body arrived, digested and signed."))
    return failed(gettext_noop("The body that arrived is not the one that was given."))


def unicode_text(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    wanted = {"text": material.unicode_text(seen.run_id)}
    if any(call.detail.get("json") == wanted for call in seen.calls):
        return passed(gettext_noop("Every character arrived as it was given."))
    return failed(
        gettext_noop("Characters were lost or replaced: send UTF-8, and do not normalise.")
    )


def exact_bytes(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    wanted = sha256(material.exact_bytes(seen.run_id)).hexdigest()
    if any(call.sha256 == wanted for call in seen.calls):
        return passed(gettext_noop("The large body arrived byte by byte."))
    return failed(
        gettext_noop("The body was written anew on the way: send the bytes that you were given.")
    )


def idempotency_key(seen: Evidence) -> Outcome:
    """Two orders, each under a key of its own."""
    if not seen.calls:
        return _nothing(seen)
    if any(not call.idempotency_key for call in seen.calls):
        return failed(gettext_noop("A call came without an Idempotency-Key."))
    orders = {call.sha256: call.idempotency_key for call in seen.calls}
    if len(orders) < 2:
        return lacking(seen, gettext_noop("Only one of the two orders has arrived."))
    if len(set(orders.values())) < len(orders):
        return failed(gettext_noop("Two different orders came under the same Idempotency-Key."))
    return passed(gettext_noop("Both orders came, each under a signed key of its own."))


def retry_after_outage(seen: Evidence) -> Outcome:
    if replayed := _replayed(seen):
        return replayed
    return _retried(seen) or passed(
        gettext_noop("The call came again under the same Idempotency-Key, signed anew.")
    )


def retry_after_limit(seen: Evidence) -> Outcome:
    if len(seen.calls) < 2:
        return _no_second(seen)
    waited = (seen.calls[1].at - seen.calls[0].at).total_seconds()
    if waited < material.RETRY_429:
        return failed(
            gettext_noop("The call came again after %(waited)s s; Retry-After said %(said)s s."),
            waited=f"{waited:.1f}", said=material.RETRY_429,
        )  # fmt: skip
    return passed(gettext_noop("The call came again after the time that Retry-After named."))


def slow_answer(seen: Evidence) -> Outcome:
    if wrong := _retried(seen):
        return wrong
    waited = (seen.calls[1].at - seen.calls[0].at).total_seconds()
    if waited >= material.SLOW_ANSWER:
        return failed(
            gettext_noop("The client waited for the slow answer: give up after %(most)s seconds."),
            most=material.SLOW_GIVE_UP,
        )
    return passed(gettext_noop("The client gave up in time and sent the call again, idempotently."))


def no_retry(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    if seen.arrivals[-1] is not seen.calls[0]:
        return failed(
            gettext_noop("A refusal that is not retryable was answered by the same call again.")
        )
    return _so_far(seen, gettext_noop("The refused call was not sent again."))


def no_redirect(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    if any(each.detail.get(ELSEWHERE) for each in seen.arrivals):
        return failed(
            gettext_noop("The client followed a redirect: a signed call never does, it is refused.")
        )
    return _so_far(seen, gettext_noop("The redirect was not followed."))


def stops_revoked_key(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    first = seen.calls[0]
    if any(each.key_id == first.key_id for each in seen.calls[1:]):
        return failed(
            gettext_noop("After the answer “key revoked” a call came again with %(key)s."),
            key=first.key_id,
        )
    return _so_far(seen, gettext_noop("The key was not used again after it was called revoked."))


def reads_problem(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    known = {str(call.detail.get("request_id")) for call in seen.calls}
    if any(report.word in known for report in seen.reports):
        return passed(gettext_noop("The request id was read out of the problem."))
    if seen.reports:
        return failed(
            gettext_noop("“%(read)s” was reported; the problem's request_id is another."),
            read=seen.reports[-1].word,
        )
    return lacking(seen, gettext_noop("The problem was sent, and its request_id not reported."))


def _so_far(seen: Evidence, reason: str) -> Outcome:
    """What must not happen has not happened until the run is closed."""
    return Outcome(CaseVerdict.PASSED if seen.closed else CaseVerdict.WAITING, reason)


def _no_second(seen: Evidence) -> Outcome:
    if not seen.calls:
        return _nothing(seen)
    return lacking(seen, gettext_noop("The call was not sent again."))


def _retried(seen: Evidence) -> Outcome | None:
    """What is wrong with the second call; None when it repeats the first."""
    if len(seen.calls) < 2:
        return _no_second(seen)
    first, second = seen.calls[0], seen.calls[1]
    if not first.idempotency_key:
        reason = gettext_noop("The call came without an Idempotency-Key.")
        return Outcome(CaseVerdict.FAILED, reason, is_lack=True)
    if not _same(first, second):
        return Outcome(
            CaseVerdict.FAILED,
            gettext_noop("The second call is not the first one again: same key, same body."),
            is_lack=True,
        )
    return None


def _same(first: Seen, second: Seen) -> bool:
    return (first.idempotency_key, first.sha256) == (second.idempotency_key, second.sha256)


def _replayed(seen: Evidence) -> Outcome | None:
    if any(each.word == "GW.SIG.NONCE_REPLAYED" for each in seen.refusals):
        return Outcome(CaseVerdict.FAILED, REPLAYED, is_lack=True)
    return None


def _short(value: object) -> str:
    text = "&".join(f"{name}={word}" for name, word in value) if isinstance(value, list) else "—"
    return text if len(text) <= 120 else text[:119] + "…"
