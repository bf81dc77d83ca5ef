"""``GET home``, the hot route: no DRF, at most one statement, msgspec."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.errors import DomainError
from mobile.authentication import caller_of, refuse_systems
from mobile.catalogue import catalogue_of
from mobile.documents import render_home
from mobile.editions import current_feed, feed_at
from mobile.queries import mode_of, moment_of
from mobile.viewers import viewer_of
from tenants.problems import domain_problem, method_problem

if TYPE_CHECKING:
    from tenants.models import Bank

ENCODER = msgspec.json.Encoder()
HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


def home(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return method_problem("GET", "HEAD")
    try:
        body = ENCODER.encode(_home_document(request))
    except DomainError as error:
        return domain_problem(error)
    return conditional(request, body)


def _home_document(request: HttpRequest) -> dict[str, object]:
    bank: Bank = request.tenant  # type: ignore[attr-defined]
    caller = caller_of(request)
    refuse_systems(caller)
    moment = moment_of(request.GET, caller)
    feed = current_feed(bank) if moment is None else feed_at(bank, moment)
    return render_home(
        feed,
        catalogue_of(bank),
        skin=bank.skin,
        viewer=viewer_of(caller, bank.schema_name, feed.announcements),
        at=moment or timezone.now(),
        mode=mode_of(request.GET),
    )


def conditional(request: HttpRequest, body: bytes) -> HttpResponse:
    """The body under a strong ETag, or 304 when the caller holds exactly this answer."""
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    if _matches(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers={**HEADERS, "ETag": etag})
    return HttpResponse(body, content_type="application/json", headers={**HEADERS, "ETag": etag})


def _matches(condition: str, etag: str) -> bool:
    # RFC 9110: If-None-Match compares weakly.
    held = {part.strip().removeprefix("W/") for part in condition.split(",")}
    return etag in held or condition.strip() == "*"
