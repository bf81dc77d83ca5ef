"""``POST events``: what qualifies for campaigns, told by other systems. No DRF, msgspec: the days
of a campaign are millions of events."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from campaigns import services
from campaigns.taking.given import GivenEvent, Source, Taken
from customers.choices import CallerKind
from customers.errors import CustomersOnly
from mobile.api.sentences import sentence_of
from mobile.api.touchpoints import batch_of
from mobile.authentication import caller_of
from tenants.problems import domain_problem, method_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODER = msgspec.json.Encoder()
FORMS = {
    "event_id": gettext_lazy("the event's own id, a text"),
    "kind": gettext_lazy("a word such as payment"),
    "customer": gettext_lazy("a customer number"),
    "occurred_at": gettext_lazy("a moment like 2026-07-01T09:00:00+08:00"),
    "amount_cents": gettext_lazy("a whole number of cents, not negative"),
    "scene": gettext_lazy("the code of a scene, such as top_up"),
    "reverses": gettext_lazy("the event_id of another event"),
}


class Reported(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    event_id: str
    kind: str
    customer: str
    occurred_at: datetime
    amount_cents: int = 0
    scene: str = ""
    reverses: str | None = None


# No cookie counts here: the token is the only key.
@csrf_exempt
def events(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return method_problem("POST")
    try:
        body = ENCODER.encode(_taken(request))
    except DomainError as error:
        return domain_problem(error)
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", headers=headers)


def _taken(request: HttpRequest) -> dict[str, Any]:
    caller = caller_of(request)
    if caller.kind is not CallerKind.SYSTEM:
        # A reward is never given on the customer's word.
        raise CustomersOnly(_("Only a system's token does this."), code="systems_only")
    results = take_batch(batch_of(request), Source("system", caller.system), timezone.now())
    counted = Counter(each.status for each in results)
    return {
        "taken": counted["taken"],
        "duplicates": counted["duplicate"],
        "refused": counted["refused"],
        "results": [_document(index, each) for index, each in enumerate(results)],
    }


def take_batch(raw: Sequence[Any], source: Source, at: datetime) -> list[Taken]:
    """In the order given; what cannot be read does not take the others with it."""
    read = [_read(each) for each in raw]
    good = [each for each in read if isinstance(each, GivenEvent)]
    taken = iter(services.take_events(source=source, events=good, at=at) if good else ())
    return [next(taken) if isinstance(each, GivenEvent) else each for each in read]


def _read(raw: Any) -> GivenEvent | Taken:
    try:
        told = msgspec.convert(raw, Reported)
    except msgspec.ValidationError as error:
        event_id = raw.get("event_id") if isinstance(raw, dict) else ""
        name = event_id[:100] if isinstance(event_id, str) else ""
        detail = sentence_of(str(error), FORMS, _("An event is a JSON object."))
        return Taken(name, "refused", code="bad_event", detail=detail)
    return GivenEvent(
        event_id=told.event_id,
        kind=told.kind,
        customer_number=told.customer,
        occurred_at=told.occurred_at,
        amount_cents=told.amount_cents,
        scene=told.scene,
        reverses=told.reverses or "",
    )


def _document(index: int, each: Taken) -> dict[str, Any]:
    return {
        "index": index,
        "event_id": each.event_id,
        "status": each.status,
        "code": each.code,
        "detail": each.detail,
        "outcome": each.outcome,
        "participations": each.participations,
    }
