"""Liveness engines behind the gateway: the protocol they speak, and the verbs of our side.

The protocol (HTTP and JSON in UTF-8; every request is signed as ``signatures`` says):

    POST   /v1/sessions              {"session_ref", "environment", "mode", "challenge": […],
                                      "compare": {"type", "ref"} | null, "callback_url"}
           201 {"session", "expires_at"}; the same session_ref gets the same session
    PUT    /v1/sessions/<id>/media   the bytes, with ``Media-Sha256: <hex>``
           200 Result (done) or 202 Result (processing); the same bytes get the same answer
    GET    /v1/sessions/<id>         200 Result
    DELETE /v1/sessions/<id>         200 {"deleted": true}: media and templates are gone
    GET    /about                    200 {"simulator": bool, …}
    any    4xx {"code": "…"}         a refusal, translated by the table of codes

    Result {"state": "processing" | "done", "vendor_ref", "code", "decision", "score", "similarity",
            "model_version", "pad_level"}

An engine that answers "processing" later posts ``{"session", "session_ref", "sequence", "result"}``
to the callback address, signed (see ``callbacks``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, NoReturn

import msgspec
from django.conf import settings
from django.utils import timezone

from openapi_gateway.upstream import spending
from openapi_gateway.upstream.choices import Decision, OurCode, VendorKind
from openapi_gateway.upstream.errors import BAD_RESPONSE, UpstreamFailed, VendorRefusal
from openapi_gateway.upstream.exchange import NO_CONTROLS, Destination, ask
from openapi_gateway.upstream.models import Vendor, VendorCode
from openapi_gateway.upstream.routing import FailOver, our_code, refusal_of, through

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Identifier = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{1,80}\Z")]
Word = Annotated[str, msgspec.Meta(max_length=60, pattern=NO_CONTROLS)]

FOUR_PLACES = Decimal("0.0001")
ENGINE_REF = re.compile(r"([a-z0-9_-]{1,30})\.([A-Za-z0-9_-]{1,80})", re.ASCII)
CALLBACK_PATH = "/vendor-callbacks/liveness/"


@dataclass(frozen=True, slots=True)
class EngineSession:
    # Names the vendor and its session; ≤ 120 characters.
    engine_ref: str
    vendor: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """``state``: "processing" (nothing else is known yet) or "done".

    ``decision``: "live", "spoof", "uncertain", or None when the engine could not judge; ``code``
    (an ``OurCode``) then says why. It never says "live" without a score and a code of ours that
    means the same. ``score`` and ``similarity``: 0 to 1 with four places; similarity only when a
    comparison was asked for. A face of somebody else: decision None, code LIVE.FACE_MISMATCH.
    ``retryable``: the customer may try again in the same session, with a new ``begin``.
    """

    state: Literal["processing", "done"]
    vendor: str
    vendor_ref: str
    decision: str | None = None
    score: Decimal | None = None
    similarity: Decimal | None = None
    model_version: str = ""
    pad_level: str = ""
    code: str = ""
    billable: bool = False
    retryable: bool = False


# --- On the wire ----------------------------------------------------------------------------------
class SessionMade(msgspec.Struct, forbid_unknown_fields=True):
    session: Identifier
    expires_at: datetime


class Result(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["processing", "done"]
    vendor_ref: Word
    code: Word = ""
    decision: Literal["live", "spoof", "uncertain"] | None = None
    score: Share | None = None
    similarity: Share | None = None
    model_version: Word = ""
    pad_level: Word = ""


class Deleted(msgspec.Struct, forbid_unknown_fields=True):
    deleted: Literal[True]


# --- Our verbs ------------------------------------------------------------------------------------
def begin(
    *,
    environment: str,
    session_ref: str,
    mode: str,
    challenge: Sequence[str] = (),
    compare: Mapping[str, str] | None = None,
) -> EngineSession:
    """One engine session takes one capture: another attempt is another ``begin`` with another
    ``session_ref`` ("ls_….2"). Nothing is billed yet: another engine is asked if one fails.

    ``challenge``: actions such as "blink"; ``compare``: {"type": …, "ref": …}. Raises
    ``UpstreamFailed`` (a ``GatewayRefused`` of code UP.…) and nothing else.
    """

    def exchange(vendor: Vendor, to: Destination) -> EngineSession:
        body = {
            "session_ref": session_ref, "environment": environment, "mode": mode,
            "challenge": list(challenge), "compare": dict(compare) if compare else None,
            "callback_url": callback_url(vendor.code),
        }  # fmt: skip
        try:
            made = ask(to, "POST", "/v1/sessions", SessionMade, body=body)
        except VendorRefusal as refusal:
            _refused(vendor, refusal)
        return EngineSession(f"{vendor.code}.{made.session}", vendor.code, _aware(made.expires_at))

    return through(VendorKind.LIVENESS, environment, exchange, fail_over=FailOver.ALWAYS)


def submit(*, environment: str, engine_ref: str, media: bytes, sha256: str) -> EngineAnswer:
    """``sha256``: lower-case hex of ``media``. The same capture again gets the same answer. Claims
    the vendor's price first. Raises ``UpstreamFailed``; ``fetch`` then tells what came of it. A
    refusal that the table of codes knows is an answer: state "done", decision None.
    """
    code, session = _parts(engine_ref)

    def exchange(vendor: Vendor, to: Destination) -> EngineAnswer:
        spending.claim(vendor, session, timezone.now())
        path, headers = f"/v1/sessions/{session}/media", {"Media-Sha256": sha256}
        try:
            result = ask(to, "PUT", path, Result, media=media, headers=headers)
        except VendorRefusal as refusal:
            return _answer_of_refusal(vendor, session, refusal)
        except UpstreamFailed as failure:
            if not failure.was_sent:
                spending.give_back(vendor, session)
            raise
        return answer_of(vendor, session, result)

    return through(VendorKind.LIVENESS, environment, exchange, stay_with=code)


def fetch(*, environment: str, engine_ref: str) -> EngineAnswer:
    """Where the engine stands with it; for polling, and after ``submit`` has failed."""
    code, session = _parts(engine_ref)

    def exchange(vendor: Vendor, to: Destination) -> EngineAnswer:
        try:
            result = ask(to, "GET", f"/v1/sessions/{session}", Result)
        except VendorRefusal as refusal:
            return _answer_of_refusal(vendor, session, refusal)
        return answer_of(vendor, session, result)

    return through(VendorKind.LIVENESS, environment, exchange, stay_with=code)


def discard(*, environment: str, engine_ref: str) -> None:
    """The engine deletes what it holds of the session; again is no error."""
    code, session = _parts(engine_ref)

    def exchange(vendor: Vendor, to: Destination) -> None:
        try:
            ask(to, "DELETE", f"/v1/sessions/{session}", Deleted)
        except VendorRefusal as refusal:
            _refused(vendor, refusal)

    through(VendorKind.LIVENESS, environment, exchange, stay_with=code)


def callback_url(vendor_code: str) -> str:
    base = settings.VENDOR_CALLBACK_URL.rstrip("/")
    return f"{base}{CALLBACK_PATH}{vendor_code}"


# --- What an answer means -------------------------------------------------------------------------
def answer_of(vendor: Vendor, session: str, result: Result) -> EngineAnswer:
    """Refuses what contradicts itself: a result that cannot be believed is no result."""
    if result.state == "processing":
        return EngineAnswer("processing", vendor.code, result.vendor_ref)
    row = our_code(vendor, result.code)
    decision = OurCode(row.code).decision
    if decision != result.decision and row.code != OurCode.FACE_MISMATCH:
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
    if decision == Decision.LIVE and result.score is None:
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
    spending.settle(vendor, session, is_billable=row.is_billable)
    return _answer(vendor, row, result)


def _answer(vendor: Vendor, row: VendorCode, result: Result) -> EngineAnswer:
    decision = OurCode(row.code).decision
    return EngineAnswer(
        "done", vendor.code, result.vendor_ref,
        decision=decision.value if decision else None,
        score=_rounded(result.score), similarity=_rounded(result.similarity),
        model_version=result.model_version, pad_level=result.pad_level,
        code=row.code, billable=row.is_billable, retryable=row.is_retryable,
    )  # fmt: skip


def _answer_of_refusal(vendor: Vendor, session: str, refusal: VendorRefusal) -> EngineAnswer:
    row = refusal_of(vendor, refusal)
    if OurCode(row.code).decision is not None:
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
    spending.settle(vendor, session, is_billable=row.is_billable)
    return _answer(vendor, row, Result("done", vendor_ref="", code=refusal.code))


def _refused(vendor: Vendor, refusal: VendorRefusal) -> NoReturn:
    """Where a refusal is no answer."""
    raise UpstreamFailed(BAD_RESPONSE, was_sent=True, is_fault=False) from refusal


def _parts(engine_ref: str) -> tuple[str, str]:
    found = ENGINE_REF.fullmatch(engine_ref)
    if found is None:
        raise ValueError("This is no reference of an engine's session.")
    return found[1], found[2]


def _rounded(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(str(share)).quantize(FOUR_PLACES)


def _aware(moment: datetime) -> datetime:
    if timezone.is_naive(moment):
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
    return moment
