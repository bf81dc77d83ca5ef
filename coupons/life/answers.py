"""Idempotency: one key, one change, one answer, however often and however parallel it is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import DeadlockDetected

from coupons.errors import CouponRefused, KeyRequired, KeyReused, LimitReached
from coupons.life.actors import Doer
from tenants.statements import LOST_STATEMENTS, fetch, forget_prepared

MAX_KEY_CHARACTERS = 100
ATTEMPTS = 3
OK, REFUSED = 200, 409
INSERT_ANSWER = """
    INSERT INTO {schema}.coupons_answer (id, caller, key, fingerprint, status, body, at)
    VALUES (:answer_id, :caller, :key, :fingerprint, :answer_status, :answer_body, :at)
    ON CONFLICT (id) DO NOTHING RETURNING 1
"""
_FIND = "SELECT fingerprint, status, body FROM {schema}.coupons_answer WHERE id = :answer_id"


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    body: dict[str, Any]
    # Given before, under the same key.
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One call: who asks for what, under which key."""

    doer: Doer
    verb: str
    key: str
    payload: Mapping[str, Any]
    at: datetime

    @property
    def id(self) -> UUID:
        text = f"{self.doer.caller}\n{self.key}".encode()
        return UUID(bytes=hashlib.blake2b(text, digest_size=16).digest())

    @property
    def fingerprint(self) -> str:
        text = json.dumps([self.verb, self.payload], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def parameters(self, status: int, body: Mapping[str, Any]) -> dict[str, Any]:
        """For ``INSERT_ANSWER``."""
        return {
            "answer_id": self.id,
            "caller": self.doer.caller,
            "key": self.key,
            "fingerprint": self.fingerprint,
            "answer_status": status,
            "answer_body": json.dumps(body, ensure_ascii=False),
            "at": self.at,
        }


class AnsweredElsewhere(Exception):
    """The key has its answer, or another call was faster; what this one did is taken back."""


Work = Callable[[Question], dict[str, Any]]
# Makes room under a limit; says whether there is any now.
Relief = Callable[[LimitReached], bool]


def answer(question: Question, work: Work, relief: Relief | None = None) -> Answered:
    """``work`` makes the change and writes its answer by ``INSERT_ANSWER``, in one transaction; it
    raises ``AnsweredElsewhere`` when there is an answer already."""
    _require_key(question.key)
    try:
        return Answered(OK, _worked(question, work))
    except AnsweredElsewhere:
        return _replayed(question)
    except LimitReached as refusal:
        if relief is not None and relief(refusal):
            return answer(question, work)
        return _refused(question, refusal)
    except CouponRefused as refusal:
        return _refused(question, refusal)


def _worked(question: Question, work: Work) -> dict[str, Any]:
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work(question)
        except DatabaseError as error:
            # Everything locks in one order; should two still meet, one of them simply goes again.
            lost = isinstance(error.__cause__, LOST_STATEMENTS)
            again = lost or isinstance(error.__cause__, DeadlockDetected)
            if attempt + 1 == ATTEMPTS or not again or connection.in_atomic_block:
                raise
            if lost:
                forget_prepared()
    raise AssertionError


def _require_key(key: str) -> None:
    if not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isascii() and key.isprintable()):
        raise KeyRequired(
            _("Send an Idempotency-Key of 1 to 100 printable ASCII characters with every change.")
        )


def _known(question: Question) -> Answered | None:
    found = fetch(_FIND, {"answer_id": question.id})
    return _given(question, *found[0]) if found else None


def _replayed(question: Question) -> Answered:
    known = _known(question)
    assert known is not None
    return known


def _given(question: Question, fingerprint: str, status: int, body: Any) -> Answered:
    if fingerprint != question.fingerprint:
        raise KeyReused(
            _("This Idempotency-Key was used for another request; use a new key for a new change.")
        )
    document = json.loads(body) if isinstance(body, str | bytes) else body
    if status != OK:
        refusal = CouponRefused(document["detail"], code=document["code"], **document["facts"])
        refusal.http_status = status  # type: ignore[misc]
        refusal.replayed = True
        raise refusal
    return Answered(status, document, replayed=True)


def _refused(question: Question, refusal: CouponRefused) -> Answered:
    """A refusal is an answer too: the same key does not succeed later behind the caller's back."""
    body = {"code": refusal.code_text, "detail": str(refusal), "facts": refusal.facts}
    with transaction.atomic():
        landed = fetch(INSERT_ANSWER, question.parameters(refusal.http_status, body))
    if not landed:
        return _replayed(question)
    raise refusal
