"""``GET home``, the hot route: no DRF, at most one statement, parts that were encoded before."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from mobile.authentication import caller_of, refuse_systems
from mobile.editions import current_feed, feed_at
from mobile.feed.home import encode
from mobile.queries import asked_mode, moment_of
from mobile.viewers import sight_of
from tenants.problems import method_problem

if TYPE_CHECKING:
    from datetime import datetime

    from customers.tokens import Caller
    from mobile.feed.feeds import Feed
    from mobile.feed.moments import Moment
    from mobile.seen import Sight
    from tenants.models import Bank

ENCODER = msgspec.json.Encoder()


class Answer(NamedTuple):
    """Good as long as feed and moment are the current ones."""

    feed: Feed
    moment: Moment
    # Not joined: parts are shared by all who are shown the same.
    parts: Sequence[bytes]
    etag: str


def home(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return method_problem("GET", "HEAD")
    return _home(request)


def _home(request: HttpRequest) -> HttpResponse:
    bank: Bank = request.tenant  # type: ignore[attr-defined]
    caller = caller_of(request)
    refuse_systems(caller)
    mode = ""
    if request.META.get("QUERY_STRING"):
        mode, elsewhen = asked_mode(request.GET), moment_of(request.GET, caller)
        if elsewhen is not None:
            return _home_at(request, caller, mode, elsewhen)
    at, feed = timezone.now(), current_feed(bank)
    moment = feed.moment(at)
    sight = sight_of(caller, bank.schema_name, feed, moment)
    answer: Answer | None = sight.answers.get(mode)
    if answer is None or answer.feed is not feed or answer.moment is not moment:
        answer = sight.answers[mode] = _answer(feed, sight, moment, at, mode)
    return respond(request, b"".join(answer.parts), answer.etag)


def _answer(feed: Feed, sight: Sight, moment: Moment, at: datetime, mode: str) -> Answer:
    parts = encode(feed, sight.person, at, mode=mode)
    return Answer(feed, moment, parts, etag_of(b"".join(parts)))


def _home_at(request: HttpRequest, caller: Caller, mode: str, at: datetime) -> HttpResponse:
    bank: Bank = request.tenant  # type: ignore[attr-defined]
    feed = feed_at(bank, at)
    sight = sight_of(caller, bank.schema_name, feed, feed.moment(at), remember=False)
    return conditional(request, b"".join(encode(feed, sight.person, at, mode=mode)))


def conditional(request: HttpRequest, body: bytes) -> HttpResponse:
    """The body under a strong ETag, or 304 when the caller holds exactly this answer."""
    return respond(request, body, etag_of(body))


def respond(request: HttpRequest, body: bytes, etag: str) -> HttpResponse:
    held = request.META.get("HTTP_IF_NONE_MATCH")
    if held is not None and _matches(held, etag):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/json")
    headers = response.headers
    headers["Cache-Control"] = "private, no-cache"
    headers["Vary"] = "Authorization"
    headers["ETag"] = etag
    return response


def etag_of(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def _matches(condition: str, etag: str) -> bool:
    # RFC 9110: If-None-Match compares weakly.
    held = {part.strip().removeprefix("W/") for part in condition.split(",")}
    return etag in held or condition.strip() == "*"
