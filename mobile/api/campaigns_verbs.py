"""``POST campaigns/{id}/participations``: the customer joins on the campaign's page.

No DRF: the first minute of a campaign is nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from campaigns import services
from campaigns.choices import EffectKind
from campaigns.errors import UnknownCampaign
from customers.errors import CustomersOnly
from mobile.api.coupons_bodies import read_body
from mobile.api.coupons_verbs import REPLAYED
from mobile.authentication import caller_of
from tenants.problems import domain_problem, method_problem

if TYPE_CHECKING:
    from campaigns.services import Joined

ENCODER = msgspec.json.Encoder(order="sorted")


class Joining(msgspec.Struct, forbid_unknown_fields=True):
    """Who joins is whose token it is; what for stands in the address."""


# No cookie counts here: the token is the only key.
@csrf_exempt
def join(request: HttpRequest, uid: str) -> HttpResponse:
    if request.method != "POST":
        return method_problem("POST")
    try:
        joined = _joined(request, uid)
    except DomainError as error:
        return _refused(error)
    headers = {"Cache-Control": "no-store"}
    if joined.replayed:
        headers[REPLAYED] = "true"
    return HttpResponse(
        ENCODER.encode(_told(joined.body)),
        content_type="application/json",
        headers=headers,
    )


def _joined(request: HttpRequest, uid: str) -> Joined:
    caller = caller_of(request)
    if not caller.is_customer:
        raise CustomersOnly(_("Only signed-in customers join campaigns."))
    read_body(request, Joining)
    return services.join_campaign(
        customer_number=caller.customer_number,
        campaign_uid=_uid(uid),
        key=request.META.get("HTTP_IDEMPOTENCY_KEY", ""),
        at=timezone.now(),
    )


def _told(body: dict[str, Any]) -> dict[str, Any]:
    """What the bank notes of a customer is nothing to the customer's phone."""
    rewards = [each for each in body["rewards"] if each["kind"] != EffectKind.TAG_CUSTOMER]
    told = [{name: each[name] for name in ("kind", "state", "coupon")} for each in rewards]
    return {**body, "rewards": told}


def _uid(raw: str) -> UUID:
    """What is no id is no campaign."""
    try:
        return UUID(raw)
    except ValueError:
        raise UnknownCampaign(_("There is no such campaign, or it is not live.")) from None


def _refused(error: DomainError) -> HttpResponse:
    response = domain_problem(error)
    response.headers["Cache-Control"] = "no-store"
    if getattr(error, "replayed", False):
        response.headers[REPLAYED] = "true"
    return response
