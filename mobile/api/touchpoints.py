"""``POST touchpoints``: what customers saw, touched and closed. A hot route: no DRF, msgspec."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from customers.choices import CallerKind
from customers.errors import CustomersOnly
from customers.tokens import Caller
from customers.touchpoints import take_in
from mobile.api.reports import read_events
from mobile.authentication import caller_of
from mobile.errors import BadBody, TooLarge
from tenants.problems import domain_problem, method_problem

MAX_EVENTS = 500
MAX_BODY_BYTES = 256 * 1024
ENCODER = msgspec.json.Encoder()


class Batch(msgspec.Struct):
    # Read one by one: a bad event does not take the others with it.
    events: list[Any]


DECODER = msgspec.json.Decoder(Batch)


# No cookie counts here: the token is the only key.
@csrf_exempt
def touchpoints(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return method_problem("POST")
    try:
        body = ENCODER.encode(_take_in(request))
    except DomainError as error:
        return domain_problem(error)
    return HttpResponse(body, content_type="application/json")


def _take_in(request: HttpRequest) -> dict[str, Any]:
    caller = _reporter(request)
    at = timezone.now()
    events, refused = read_events(batch_of(request), caller, at)
    taken = take_in(events, reported_by=caller.system, at=at)
    return {"accepted": taken.accepted, "duplicates": taken.duplicates, "refused": refused}


def _reporter(request: HttpRequest) -> Caller:
    caller = caller_of(request)
    if caller.kind is CallerKind.VISITOR:
        raise CustomersOnly(_("Only signed-in customers and systems report touchpoints."))
    return caller


def batch_of(request: HttpRequest) -> list[Any]:
    """The events of a batch, unread. Raises ``BadBody`` or ``TooLarge``."""
    try:
        events = DECODER.decode(_body(request)).events
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadBody(_('The body must be JSON like {"events": [{…}, {…}]}.')) from error
    if len(events) > MAX_EVENTS:
        raise TooLarge(_("A batch holds at most 500 events; please send several."))
    return events


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > MAX_BODY_BYTES:
        raise TooLarge(_("A batch holds at most 256 KB; please send several."))
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(_("A batch holds at most 256 KB; please send several."))
    return body
