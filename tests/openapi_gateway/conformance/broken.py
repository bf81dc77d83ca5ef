"""Clients that are broken in one way each, by the name of the case that is about it. All of them
are broken for good, not just in that case."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from tests.openapi_gateway.conformance.driving import example

Client: Any = example.Client
Driver: Any = example.Driver
WrongAnswer: Any = example.WrongAnswer


class DigestsNothing(Client):
    """Sends and signs a digest of the empty body."""

    def headers(self, method: str, path: str, query: str, body: bytes, key: str) -> dict[str, str]:
        if body:
            return super().headers(method, path, query, body, key)
        sent = super().headers(method, path, query, b" ", key)
        return {**sent, "content-digest": self.digest(b"")}


class BackDated(Client):
    def times(self) -> tuple[int, int]:
        created = int(self.now()) - 120
        return created, created + 300


class NonceOfTheSecond(Client):
    def headers(self, method: str, path: str, *more: Any) -> dict[str, str]:
        seed = f"{method} {path} {int(self.now())}"
        self.drawn = hashlib.sha256(seed.encode()).hexdigest()
        return super().headers(method, path, *more)

    def nonce(self) -> str:
        return self.drawn


class OneNonce(Client):
    def nonce(self) -> str:
        return self.__dict__.setdefault("drawn", secrets.token_urlsafe(16))


class NonceForTwo(Client):
    """Each nonce serves two calls that follow each other."""

    def nonce(self) -> str:
        drawn = self.__dict__.pop("drawn", "")
        if not drawn:
            self.__dict__["drawn"] = secrets.token_urlsafe(16)
        return drawn or self.__dict__["drawn"]


class QueryAsDict(Client):
    def query(self, pairs: list[list[str]]) -> str:
        return super().query([[name, value] for name, value in dict(pairs).items()])


class QueryUnsigned(Client):
    """Signs "?", whatever the query is."""

    def headers(self, method: str, path: str, query: str, body: bytes, key: str) -> dict[str, str]:
        return super().headers(method, path, "", body, key)


class DigestInHex(Client):
    def digest(self, body: bytes) -> str:
        return f"sha-256=:{hashlib.sha256(body).hexdigest()}:"

    def require_digest(self, answer: Any) -> None:
        if answer.content and answer.headers["Content-Digest"] != Client.digest(
            self, answer.content
        ):
            raise WrongAnswer


class Normalises(Client):
    def encode(self, data: Any) -> bytes:
        return unicodedata.normalize("NFKC", super().encode(data).decode()).encode()


class WritesAnew(Driver):
    def raw(self, payload: str) -> bytes:
        return json.dumps(json.loads(base64.b64decode(payload))).encode()


class OneKeyForAll(Driver):
    def new_key(self) -> str:
        return "always-the-same"


class NoKeyAtAll(Driver):
    def new_key(self) -> str:
        return ""


class KeyUnsigned(Client):
    def headers(self, method: str, path: str, query: str, body: bytes, key: str) -> dict[str, str]:
        sent = super().headers(method, path, query, body, "")
        return {**sent, "idempotency-key": key} if key else sent


class NewKeyEachTime(Client):
    def once(
        self, method: str, path: str, query: str, body: bytes, key: str, timeout: float
    ) -> Any:
        return super().once(method, path, query, body, secrets.token_hex(8) if key else "", timeout)


class SameSignatureAgain(Client):
    """Sends again what it has signed once."""

    def headers(self, method: str, path: str, query: str, body: bytes, key: str) -> dict[str, str]:
        known = self.__dict__.setdefault("signed", {})
        # A call without an order's key is signed anew: it may be another one.
        place = (method, path, query, body, key or secrets.token_hex(4))
        if place not in known:
            known[place] = super().headers(method, path, query, body, key)
        return known[place]


class NeverRepeats(Client):
    def is_worth_repeating(self, answer: Any, attempt: int) -> bool:
        return False


class NeverWaits(Client):
    def seconds_to_wait(self, answer: Any) -> float:
        return 0 if answer.status_code == 429 else super().seconds_to_wait(answer)


class Patient(Client):
    def once(
        self, method: str, path: str, query: str, body: bytes, key: str, timeout: float
    ) -> Any:
        return super().once(method, path, query, body, key, 60)


class Repeats422(Client):
    def is_worth_repeating(self, answer: Any, attempt: int) -> bool:
        again = answer.status_code == 422 and attempt == 1
        return again or super().is_worth_repeating(answer, attempt)


class Repeats401(Client):
    def is_worth_repeating(self, answer: Any, attempt: int) -> bool:
        again = answer.status_code == 401 and attempt == 1
        return again or super().is_worth_repeating(answer, attempt)


class StrictProblems(Driver):
    def problem(self, task: Any) -> None:
        problem = self.client.call("GET", task["path"]).json()
        if "surprise" in problem:
            raise ValueError("surprise: unknown member")
        super().problem(task)


class Follows(Client):
    def once(
        self, method: str, path: str, query: str, body: bytes, key: str, timeout: float
    ) -> Any:
        answer = super().once(method, path, query, body, key, timeout)
        if answer.status_code != 307:
            return answer
        place = urlsplit(answer.headers["Location"]).path
        return super().once(method, place, query, body, key, timeout)


class FollowsUnsigned(Client):
    """As a library does that follows by itself: with the signature of the first request."""

    def once(
        self, method: str, path: str, query: str, body: bytes, key: str, timeout: float
    ) -> Any:
        answer = super().once(method, path, query, body, key, timeout)
        if answer.status_code == 307:
            self.http.request(
                method, self.base + answer.headers["Location"], headers=answer.request.headers
            )
        return answer


class StrictAnswers(Client):
    def verify(self, answer: Any, sent: Any) -> None:
        super().verify(answer, sent)
        if b"new_in_a_later_version" in answer.content:
            raise WrongAnswer("unknown member")


class ComparesHalf(Client):
    def require_signature(self, key_id: str, base: bytes, signature: bytes) -> None:
        if key_id == self.key_id and self.sign(base)[:16] == signature[:16]:
            return
        super().require_signature(key_id, base, signature)


class IgnoresDigest(Client):
    def require_digest(self, answer: Any) -> None:
        return


class BindsNothing(Client):
    def require_names(self, names: list[str], values: Any) -> None:
        bound = {name: value for name, value in values.items() if "signature" not in name}
        super().require_names(names, bound)


class TakesUnsigned(Client):
    def verify(self, answer: Any, sent: Any) -> None:
        if "Signature" in answer.headers:
            super().verify(answer, sent)


class TrustsAnyKey(Client):
    def require_signature(self, key_id: str, base: bytes, signature: bytes) -> None:
        if key_id in self.keys:
            super().require_signature(key_id, base, signature)


class Timeless(Client):
    def require_present(self, created: int) -> None:
        return


BROKEN: dict[str, list[Any]] = {
    "get_plain": [DigestsNothing],
    "clock": [BackDated],
    "nonces": [NonceOfTheSecond, OneNonce, NonceForTwo],
    "query": [QueryAsDict, QueryUnsigned],
    "post_body": [DigestInHex],
    "unicode": [Normalises],
    "exact_bytes": [WritesAnew],
    "idempotency_key": [OneKeyForAll, NoKeyAtAll, KeyUnsigned],
    "retry_503": [NewKeyEachTime, SameSignatureAgain, NeverRepeats],
    "retry_429": [NeverWaits],
    "slow_answer": [Patient],
    "no_retry_422": [Repeats422],
    "problem": [StrictProblems],
    "redirect": [Follows, FollowsUnsigned],
    "revoked_key": [Repeats401],
    "answer_right": [StrictAnswers],
    "answer_signature": [ComparesHalf],
    "answer_digest": [IgnoresDigest],
    "answer_binding": [BindsNothing],
    "answer_unsigned": [TakesUnsigned],
    "answer_foreign_key": [TrustsAnyKey],
    "answer_stale": [Timeless],
}
