"""A school's notices of payment: ``POST campus/payments``, signed by the school's own secret.

No token of the app counts here. The host says which bank, the key which school.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from fuxiang_zone.campus.choices import NoticeKind
from fuxiang_zone.campus.services import Answer, Notice, take_notice, verify_notice
from mobile.errors import BadBody, TooLarge
from tenants.problems import domain_problem, method_problem, problem

if TYPE_CHECKING:
    from fuxiang_zone.campus.models import SchoolKey

MAX_BODY_BYTES = 4096
REPLAYED = "Idempotency-Replayed"
_ID = r"\A[A-Za-z0-9_.:-]{1,64}\Z"
ENCODER = msgspec.json.Encoder(order="sorted")


class NoticeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    payment_id: Annotated[str, msgspec.Meta(pattern=_ID)]
    bill: Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Fa-f-]{32,36}\Z")]
    amount_cents: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    kind: Literal["payment", "refund"] = "payment"
    refund_of: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_.:-]{0,64}\Z")] = ""


@csrf_exempt
def payments(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return method_problem("POST")
    at = timezone.now()
    try:
        raw = _raw(request)
        key = _key_of(request, raw, at)
        answer = take_notice(key=key, notice=_notice(raw), at=at)
    except DomainError as error:
        return _plain(domain_problem(error))
    return _told(answer)


def _raw(request: HttpRequest) -> bytes:
    raw = request.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge(_("The request is too large."))
    return raw


def _key_of(request: HttpRequest, raw: bytes, at: datetime) -> SchoolKey:
    return verify_notice(
        key_id=request.META.get("HTTP_CAMPUS_KEY", ""),
        timestamp=request.META.get("HTTP_CAMPUS_TIMESTAMP", ""),
        signature=request.META.get("HTTP_CAMPUS_SIGNATURE", ""),
        body=raw,
        at=at,
    )


def _notice(raw: bytes) -> Notice:
    try:
        body = msgspec.json.decode(raw, type=NoticeBody)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadBody(
            _(
                "The body must be a JSON object with payment_id, bill, amount_cents (cents, above "
                "0), occurred_at (with its time zone), kind (payment or refund) and, of a refund, "
                "refund_of: %(reason)s"
            )
            % {"reason": str(error)[:200]}
        ) from error
    return Notice(
        kind=NoticeKind(body.kind),
        payment_id=body.payment_id,
        bill=_one_form(body.bill),
        amount_cents=body.amount_cents,
        occurred_at=body.occurred_at,
        refund_of=body.refund_of,
    )


def _one_form(bill: str) -> str:
    """With hyphens or without: one bill is one bill, also when its refund names it."""
    try:
        return str(UUID(bill))
    except ValueError:
        return bill.lower()


def _told(answer: Answer) -> HttpResponse:
    document: dict[str, Any] = {
        "payment_id": answer.payment_id,
        "outcome": answer.outcome,
        "bill": answer.bill,
        "bill_state": answer.bill_state,
    }
    if answer.status >= 400:
        response = problem(answer.status, answer.outcome, answer.sentence, **document)
    else:
        response = HttpResponse(
            ENCODER.encode({**document, "detail": answer.sentence}),
            status=answer.status,
            content_type="application/json",
        )
    if answer.replayed:
        response.headers[REPLAYED] = "true"
    return _plain(response)


def _plain(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
