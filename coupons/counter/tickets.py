"""What an operator has just found, as a word for addresses: the page of a coupon opens only behind
a look-up, and neither a code nor a customer number stands in an address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.utils.translation import gettext as _

from coupons.errors import CounterRefused
from tenants.encryption import CannotDecrypt, Cipher

if TYPE_CHECKING:
    from operators.models import Operator

MAX_AGE = timedelta(minutes=15)
_PURPOSE = "ticket of the counter"


def coupon_ticket(actor: Operator, coupon_id: int) -> str:
    return _issue(actor, "coupon", str(coupon_id))


def customer_ticket(actor: Operator, number: str) -> str:
    return _issue(actor, "customer", number)


def coupon_in(actor: Operator, ticket: str) -> int:
    return int(_read(actor, "coupon", ticket))


def customer_in(actor: Operator, ticket: str) -> str:
    return _read(actor, "customer", ticket)


def _issue(actor: Operator, kind: str, value: str) -> str:
    cell = Cipher(_PURPOSE).encrypt(value.encode(), _bound_to(actor, kind))
    signer = signing.TimestampSigner(salt=_PURPOSE)
    return signer.sign(signing.b64_encode(cell).decode())


def _read(actor: Operator, kind: str, ticket: str) -> str:
    try:
        text: Any = signing.TimestampSigner(salt=_PURPOSE).unsign(ticket, max_age=MAX_AGE)
        cell = signing.b64_decode(text.encode())
        return Cipher(_PURPOSE).decrypt(cell, _bound_to(actor, kind)).decode()
    except (signing.BadSignature, CannotDecrypt, ValueError) as error:
        raise CounterRefused(
            _("This page was open too long. Look the coupon up again."), code="ticket_expired"
        ) from error


def _bound_to(actor: Operator, kind: str) -> bytes:
    return f"{kind}:{actor.pk}".encode()
