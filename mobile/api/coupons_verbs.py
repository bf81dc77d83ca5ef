"""What changes a coupon: ``POST coupon-templates/{code}/claims`` and ``POST coupons/{id}/…``.

No DRF, as on the other routes that every phone calls at once: a campaign's first minute is claims.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from coupons import services
from coupons.errors import CouponRefused
from coupons.life import actors
from customers.choices import CallerKind
from customers.errors import CustomersOnly, UnknownCustomer
from customers.models import Customer
from mobile.api import coupons_bodies as bodies
from mobile.api.coupons_queries import coupon_id_of
from mobile.authentication import caller_of
from mobile.errors import BadBody
from tenants.problems import domain_problem, method_problem

if TYPE_CHECKING:
    from coupons.life.actors import Doer
    from coupons.life.answers import Answered
    from customers.tokens import Caller

# An answer told again is the same text, in whatever order the database keeps its members.
ENCODER = msgspec.json.Encoder(order="sorted")
REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class Call:
    doer: Doer
    # Whose coupon it is, or is to be.
    customer_number: str
    # The code of a template, or the id of a coupon, as it stands in the address.
    name: str
    key: str
    body: Any

    @property
    def coupon_id(self) -> int:
        return coupon_id_of(self.name)


Act = Callable[[Call], "Answered"]
View = Callable[..., HttpResponse]


def _verb(act: Act, form: type[msgspec.Struct], *, systems_only: bool = False) -> View:
    # No cookie counts here: the token is the only key.
    @csrf_exempt
    def view(request: HttpRequest, **place: str) -> HttpResponse:
        if request.method != "POST":
            return method_problem("POST")
        (name,) = place.values()
        try:
            answered = act(_call(request, name, form, systems_only))
        except DomainError as error:
            return _refused(error)
        return _answer(answered)

    return view


def _call(request: HttpRequest, name: str, form: type[msgspec.Struct], systems_only: bool) -> Call:
    caller = caller_of(request)
    _require_right(caller, systems_only)
    body = bodies.read_body(request, form)
    system = caller.kind is CallerKind.SYSTEM
    number = "" if systems_only else _holder(caller, body)
    return Call(
        doer=actors.system(caller.system) if system else actors.customer(number),
        customer_number=number,
        name=name,
        key=request.META.get("HTTP_IDEMPOTENCY_KEY", ""),
        body=body,
    )


def _require_right(caller: Caller, systems_only: bool) -> None:
    if caller.kind is CallerKind.VISITOR:
        raise CustomersOnly(_("Only signed-in customers and systems use coupons."))
    if systems_only and caller.kind is not CallerKind.SYSTEM:
        raise CustomersOnly(_("Only a system's token does this."), code="systems_only")


def _holder(caller: Caller, body: Any) -> str:
    named = None if body.customer is msgspec.UNSET else body.customer
    if caller.is_customer:
        if named not in (None, caller.customer_number):
            raise CustomersOnly(_("A customer's token acts for that customer alone."))
        return caller.customer_number
    if named is None:
        raise BadBody(_("customer: a system's token names the customer."))
    return str(named)


def _answer(answered: Answered) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    if answered.replayed:
        headers[REPLAYED] = "true"
    return HttpResponse(
        ENCODER.encode(answered.body),
        status=answered.status,
        content_type="application/json",
        headers=headers,
    )


def _refused(error: DomainError) -> HttpResponse:
    response = domain_problem(error)
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, CouponRefused) and error.replayed:
        response.headers[REPLAYED] = "true"
    return response


# --- the verbs ------------------------------------------------------------------------------------
def _claim(call: Call) -> Answered:
    if call.doer.kind != actors.ActorKind.CUSTOMER:
        _require_known(call.customer_number)
    return services.claim_coupon(
        actor=call.doer, customer_number=call.customer_number, template_code=call.name, key=call.key
    )


def _require_known(customer_number: str) -> None:
    """A customer's own token proves who they are; a system may err."""
    if not Customer.objects.filter(number=customer_number).exists():
        raise UnknownCustomer(_("This bank has no such customer."))


def _lock(call: Call) -> Answered:
    return services.lock_coupon(
        actor=call.doer,
        coupon_id=call.coupon_id,
        customer_number=call.customer_number,
        order_cents=call.body.amount_cents,
        scene=call.body.scene,
        reference=call.body.reference,
        key=call.key,
    )


def _release(call: Call) -> Answered:
    return services.release_coupon(
        actor=call.doer,
        coupon_id=call.coupon_id,
        customer_number=call.customer_number,
        key=call.key,
    )


def _redeem(call: Call) -> Answered:
    return services.redeem_coupon(
        actor=call.doer,
        coupon_id=call.coupon_id,
        customer_number=call.customer_number,
        order_cents=call.body.amount_cents,
        scene=call.body.scene,
        reference=call.body.reference,
        key=call.key,
    )


def _reverse(call: Call) -> Answered:
    return services.reverse_coupon(
        actor=call.doer,
        coupon_id=call.coupon_id,
        customer_number=call.customer_number,
        amount_cents=call.body.amount_cents,
        reference=call.body.reference,
        key=call.key,
    )


def _void(call: Call) -> Answered:
    return services.void_coupon(
        actor=call.doer, coupon_id=call.coupon_id, note=call.body.note, key=call.key
    )


claim = _verb(_claim, bodies.Claim)
lock = _verb(_lock, bodies.Lock)
release = _verb(_release, bodies.Release)
redeem = _verb(_redeem, bodies.Payment)
reverse = _verb(_reverse, bodies.Reversal)
void = _verb(_void, bodies.Voiding, systems_only=True)
