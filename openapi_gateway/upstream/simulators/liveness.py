"""A liveness engine that looks at no face: ``python -m …simulators.liveness --port N``.

It speaks the protocol of ``liveness_engine``. What it finds is written in the media: a marker
``SIM:word+word`` within the last 256 bytes (of a PNG or JPEG, after its end). Words:

* results: ``live`` ``spoof-photo`` ``spoof-screen`` ``spoof-mask`` ``spoof-other`` ``uncertain``
  ``no-face`` ``several-faces`` ``poor-quality`` ``wrong-action`` ``stranger`` (a live face, but of
  somebody else) ``unknown-code`` (a code that nobody has translated) ``contradiction`` (live, with
  the code of a photo)
* refusals: ``refuse-code`` (4001, which the table knows) ``refuse-unknown`` (which it does not)
* faults of the answer: ``html`` ``html-as-json`` ``json-as-html`` ``nan`` ``nan-text`` ``infinity``
  ``out-of-range`` ``no-score`` ``wrong-schema`` ``wrong-type`` ``extra-member`` ``not-utf8``
  ``nul`` ``gbk`` ``empty`` ``server-error`` ``timeout`` ``no-answer`` ``hang-up`` ``drip``
  ``drip-head`` ``huge`` ``endless-head`` ``redirect`` ``no-http``
* manners, beside a result: ``async`` (processing; the result comes by callback)
  ``duplicate-callback`` ``forged-callback`` ``late-callback`` ``out-of-order-callback``
  ``no-callback`` (poll)

Media without a marker are judged by their digest: nine in ten are live.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from openapi_gateway.upstream.simulators.callbacks import Caller
from openapi_gateway.upstream.simulators.faults import PLAYS
from openapi_gateway.upstream.simulators.serving import Asked, Simulator, Told, refusal, run

MODEL, PAD_LEVEL = "sim-1.0", "simulated"
LIFE = timedelta(minutes=3)
MARKER, TAIL = re.compile(rb"SIM:([a-z0-9+-]{1,100})"), 256
SESSION = re.compile(r"/v1/sessions/([A-Za-z0-9_-]{1,80})(/media)?")
KEPT = 10_000

# word → code, decision, score
RESULTS: dict[str, tuple[str, str | None, float | None]] = {
    "live": ("0", "live", 0.9873),
    "spoof-photo": ("1001", "spoof", 0.0312),
    "spoof-screen": ("1002", "spoof", 0.0427),
    "spoof-mask": ("1003", "spoof", 0.1105),
    "spoof-other": ("1099", "spoof", 0.0781),
    "uncertain": ("1100", "uncertain", 0.5219),
    "stranger": ("1200", "live", 0.9642),
    "no-face": ("2001", None, None),
    "several-faces": ("2002", None, None),
    "poor-quality": ("2003", None, None),
    "wrong-action": ("2004", None, None),
    "unknown-code": ("9999", "live", 0.99),
    "contradiction": ("1001", "live", 0.99),
}
REFUSALS = {"refuse-code": "4001", "refuse-unknown": "X-77"}
LIVE_NOW = b'{"state":"done","vendor_ref":"v","code":"0","decision":"live","score":%b}'
BODIES = {
    "html": (b"<!doctype html><title>502 Bad Gateway</title>", "text/html"),
    "html-as-json": (b"<!doctype html><title>live</title>", "application/json"),
    "json-as-html": (LIVE_NOW % b"0.9", "text/html"),
    "nan": (LIVE_NOW % b"NaN", "application/json"),
    "nan-text": (LIVE_NOW % b'"NaN"', "application/json"),
    "infinity": (LIVE_NOW % b"1e999", "application/json"),
    "out-of-range": (LIVE_NOW % b"98.73", "application/json"),
    "no-score": (LIVE_NOW % b"null", "application/json"),
    "wrong-schema": (b'{"result":"live","confidence":0.99}', "application/json"),
    "wrong-type": (b'["live"]', "application/json"),
    "extra-member": (LIVE_NOW % b'0.9,"passed":true', "application/json"),
    "not-utf8": (LIVE_NOW % b'0.9,"model_version":"\xff\xfe"', "application/json"),
    "nul": (LIVE_NOW % b'0.9,"model_version":"a\\u0000b"', "application/json"),
    "gbk": (LIVE_NOW % b"0.9", "application/json; charset=gbk"),
    "empty": (b"", "application/json"),
}
CALLBACKS = {
    "async", "duplicate-callback", "forged-callback", "late-callback", "out-of-order-callback",
    "no-callback",
}  # fmt: skip


@dataclass
class Session:
    id: str
    about: dict[str, Any]
    expires_at: datetime
    digest: str = ""
    result: dict[str, Any] = field(default_factory=lambda: {"state": "processing"})


class LivenessSimulator(Simulator):
    name = "liveness"

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret)
        self._sessions: dict[str, Session] = {}
        self._by_ref: dict[str, str] = {}
        self._caller = Caller(secret)

    def answer(self, asked: Asked) -> Told:
        if (asked.method, asked.path) == ("POST", "/v1/sessions"):
            return self._begin(msgspec.json.decode(asked.body))
        found = SESSION.fullmatch(asked.path)
        session = self._sessions.get(found[1]) if found else None
        if found is None or (session is None and asked.method != "DELETE"):
            return refusal(404, "S404")
        if session is None:
            return Told(200, {"deleted": True})
        return self._of_session(asked, session, is_media=bool(found[2]))

    def _of_session(self, asked: Asked, session: Session, *, is_media: bool) -> Told:
        if is_media and asked.method == "PUT":
            return self._judge(session, asked)
        if asked.method == "GET":
            return _told(session.result)
        with self.lock:
            self._sessions.pop(session.id, None)
            self._by_ref.pop(session.about["session_ref"], None)
        return Told(200, {"deleted": True})

    def _begin(self, about: dict[str, Any]) -> Told:
        with self.lock:
            known = self._by_ref.get(about["session_ref"])
            session = self._sessions.get(known or "") or self._new(about)
        expires_at = session.expires_at.isoformat()
        return Told(201, {"session": session.id, "expires_at": expires_at})

    def _new(self, about: dict[str, Any]) -> Session:
        while len(self._sessions) >= KEPT:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            self._by_ref.pop(oldest.about["session_ref"], None)
        session = Session(secrets.token_urlsafe(16), about, datetime.now(UTC) + LIFE)
        self._sessions[session.id] = session
        self._by_ref[about["session_ref"]] = session.id
        return session

    def _judge(self, session: Session, asked: Asked) -> Told:
        digest = sha256(asked.body).hexdigest()
        if not hmac.compare_digest(digest, asked.headers.get("media-sha256", "")):
            return refusal(422, "4001")
        if datetime.now(UTC) > session.expires_at:
            return refusal(410, "S410")
        with self.lock:
            if session.digest not in ("", digest):
                return refusal(409, "S409")
            is_new, session.digest = not session.digest, digest
        words = words_in(asked.body, digest)
        if told := _fault(words):
            return told
        result = _result(words, session)
        if not words & CALLBACKS:
            session.result = result
            return _told(result)
        if is_new:
            self._later(session, words, result)
        return _told({"state": "processing", "vendor_ref": result["vendor_ref"]})

    def _later(self, session: Session, words: set[str], result: dict[str, Any]) -> None:
        def finish() -> None:
            session.result = result

        self._caller.plan(session.about, session.id, words, result, finish)


def words_in(media: bytes, digest: str) -> set[str]:
    found = MARKER.search(media[-TAIL:])
    if found:
        return set(found[1].decode().split("+"))
    draw = int(digest[:2], 16)
    return {"live" if draw < 231 else "spoof-photo" if draw < 244 else "uncertain"}


def _fault(words: set[str]) -> Told | None:
    for word in words:
        if word in PLAYS:
            return Told(200, play=PLAYS[word])
        if word in BODIES:
            raw, kind = BODIES[word]
            return Told(200, raw=raw, content_type=kind)
        if word in REFUSALS:
            return refusal(422, REFUSALS[word])
        if word == "server-error":
            return refusal(500, "0")
    return None


def _result(words: set[str], session: Session) -> dict[str, Any]:
    word = next((word for word in sorted(words) if word in RESULTS), "live")
    code, decision, score = RESULTS[word]
    result: dict[str, Any] = {
        "state": "done", "vendor_ref": f"sim-{session.id[:12]}", "code": code,
        "decision": decision, "score": score, "model_version": MODEL, "pad_level": PAD_LEVEL,
    }  # fmt: skip
    if session.about.get("compare") and decision:
        result["similarity"] = 0.2381 if word == "stranger" else 0.9416
    return result


def _told(result: dict[str, Any]) -> Told:
    body = {"vendor_ref": "sim", **result}
    return Told(202 if result["state"] == "processing" else 200, body)


if __name__ == "__main__":
    run(LivenessSimulator, "LIVENESS_SECRET")
