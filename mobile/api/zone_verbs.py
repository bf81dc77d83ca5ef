"""What changes a reservation: ``POST zone/{id}/reservations`` and ``…/confirm``, ``…/release``.

No DRF: the first minute of a scarce product is nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from audit.errors import DomainError
from customers.choices import CallerKind
from customers.errors import CustomersOnly, UnknownCustomer
from customers.models import Customer
from fuxiang_zone.sales import actors, services
from mobile.api.coupons_bodies import Acting, read_body
from mobile.api.coupons_verbs import REPLAYED
from mobile.api.zone_queries import product_uid, reservation_uid
from mobile.authentication import caller_of
from mobile.errors import BadBody
from tenants.problems import domain_problem, method_problem

if TYPE_CHECKING:
    from customers.tokens import Caller
    from fuxiang_zone.sales.actors import Doer
    from fuxiang_zone.sales.services import Reserved

ENCODER = msgspec.json.Encoder(order="sorted")
MAX_UNITS = 1_000_000
_PLAIN = r"\A[^\x00-\x1f\x7f]*\Z"


class Reserving(Acting, kw_only=True):
    units: Annotated[int, msgspec.Meta(ge=1, le=MAX_UNITS)] = 1


class Confirming(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_PLAIN)]


class LettingGo(Acting, kw_only=True):
    pass


@dataclass(frozen=True, slots=True)
class Call:
    doer: Doer
    # Whose reservation it is, or is to be; None = a system names nobody.
    customer_number: str | None
    # As it stands in the address.
    name: str
    key: str
    body: Any


Act = Callable[[Call], "Reserved"]


def _verb(
    act: Act, form: type[msgspec.Struct], *, systems_only: bool = False
) -> Callable[..., HttpResponse]:
    # No cookie counts here: the token is the only key.
    @csrf_exempt
    def view(request: HttpRequest, uid: str) -> HttpResponse:
        if request.method != "POST":
            return method_problem("POST")
        try:
            reserved = act(_call(request, uid, form, systems_only))
        except DomainError as error:
            response = domain_problem(error)
            response.headers["Cache-Control"] = "no-store"
            return response
        return _answer(reserved)

    return view


def _call(request: HttpRequest, name: str, form: type[msgspec.Struct], systems_only: bool) -> Call:
    caller = caller_of(request)
    if caller.kind is CallerKind.VISITOR:
        raise CustomersOnly(_("Only signed-in customers and systems reserve products."))
    is_system = caller.kind is CallerKind.SYSTEM
    if systems_only and not is_system:
        raise CustomersOnly(_("Only a system's token does this."), code="systems_only")
    body = read_body(request, form)
    number = None if systems_only else _holder(caller, body)
    return Call(
        doer=actors.system(caller.system) if is_system else actors.customer(number or ""),
        customer_number=number,
        name=name,
        key=request.META.get("HTTP_IDEMPOTENCY_KEY", ""),
        body=body,
    )


def _holder(caller: Caller, body: Any) -> str | None:
    named = None if body.customer is msgspec.UNSET else str(body.customer)
    if not caller.is_customer:
        return named
    if named not in (None, caller.customer_number):
        raise CustomersOnly(_("A customer's token acts for that customer alone."))
    return caller.customer_number


def _answer(reserved: Reserved) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    if reserved.replayed:
        headers[REPLAYED] = "true"
    return HttpResponse(
        ENCODER.encode(reserved.body),
        status=reserved.status,
        content_type="application/json",
        headers=headers,
    )


# --- the verbs ------------------------------------------------------------------------------------
def _reserve(call: Call) -> Reserved:
    if call.customer_number is None:
        raise BadBody(_("customer: a system's token names the customer."))
    if call.doer.kind != actors.ActorKind.CUSTOMER:
        _require_known(call.customer_number)
    return services.reserve_units(
        actor=call.doer,
        product_uid=product_uid(call.name),
        customer_number=call.customer_number,
        units=call.body.units,
        key=call.key,
    )


def _require_known(customer_number: str) -> None:
    """A customer's own token proves who they are; a system may err."""
    if not Customer.objects.filter(number=customer_number).exists():
        raise UnknownCustomer(_("This bank has no such customer."))


def _confirm(call: Call) -> Reserved:
    return services.confirm_reservation(
        actor=call.doer,
        reservation_id=reservation_uid(call.name),
        reference=call.body.reference,
    )


def _release(call: Call) -> Reserved:
    return services.release_reservation(
        actor=call.doer,
        reservation_id=reservation_uid(call.name),
        customer_number=call.customer_number,
    )


reserve = _verb(_reserve, Reserving)
confirm = _verb(_confirm, Confirming, systems_only=True)
release = _verb(_release, LettingGo)
