"""The banks' cores, reached through one adapter: what a customer is called, whether a PIN is right.

The protocol (HTTP and JSON in UTF-8; every request is signed as ``signatures`` says):

    POST /v1/customers:claims  {"bank", "schema", "environment", "customer", "claims": […]}
         200 {"claims": {name: value}}
    POST /v1/pins:verify       {"bank", "environment", "account_ref", "pin_block": hex, "format",
                                "key_id"}
         200 {"matched", "attempts_left", "locked_until"}
    GET  /about                200 {"simulator": bool, …}
    any  4xx {"code": "…"}     a refusal, translated by the table of codes
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NoReturn

import msgspec
from django.utils import timezone

from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream.choices import OurCode, VendorKind
from openapi_gateway.upstream.errors import BAD_RESPONSE, UpstreamFailed, VendorRefusal
from openapi_gateway.upstream.exchange import Destination, ask
from openapi_gateway.upstream.models import Vendor
from openapi_gateway.upstream.routing import FailOver, refusal_of, through

Value = Annotated[str, msgspec.Meta(max_length=100)]


@dataclass(frozen=True, slots=True)
class PinAnswer:
    """``matched`` is never True for a locked account. ``attempts_left``: after this one."""

    matched: bool
    attempts_left: int
    locked_until: datetime | None = None


class Claims(msgspec.Struct, forbid_unknown_fields=True):
    claims: dict[str, Value]


class Verified(msgspec.Struct, forbid_unknown_fields=True):
    matched: bool
    attempts_left: Annotated[int, msgspec.Meta(ge=0, le=10)]
    locked_until: datetime | None = None


def fetch_claims(
    *, schema_name: str, bank_slug: str, environment: str, customer_number: str, claims: Set[str]
) -> dict[str, str]:
    """Of "name" and "phone", in clear: mask them at once. What the core does not know is missing.
    Raises ``GatewayRefused`` CORE.CUSTOMER_UNKNOWN, and ``UpstreamFailed``.
    """
    body = {
        "bank": bank_slug, "schema": schema_name, "environment": environment,
        "customer": customer_number, "claims": sorted(claims),
    }  # fmt: skip

    def exchange(vendor: Vendor, to: Destination) -> dict[str, str]:
        try:
            answer = ask(to, "POST", "/v1/customers:claims", Claims, body=body)
        except VendorRefusal as refusal:
            _refused(vendor, refusal)
        if not answer.claims.keys() <= claims:
            raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
        return answer.claims

    return through(VendorKind.CORE, environment, exchange, fail_over=FailOver.ALWAYS)


def verify_pin(
    *,
    bank_slug: str,
    environment: str,
    account_ref: str,
    pin_block: bytes,
    block_format: int,
    key_id: str,
) -> PinAnswer:
    """Asked once: a wrong PIN counts at the bank, so no other adapter is tried when the call may
    have arrived. Raises ``GatewayRefused`` CORE.ACCOUNT_UNKNOWN or CORE.PIN_BLOCK_REFUSED, and
    ``UpstreamFailed``.
    """
    body = {
        "bank": bank_slug, "environment": environment, "account_ref": account_ref,
        "pin_block": pin_block.hex(), "format": block_format, "key_id": key_id,
    }  # fmt: skip

    def exchange(vendor: Vendor, to: Destination) -> PinAnswer:
        try:
            return _believed(ask(to, "POST", "/v1/pins:verify", Verified, body=body))
        except VendorRefusal as refusal:
            _refused(vendor, refusal)

    return through(VendorKind.CORE, environment, exchange)


def _believed(answer: Verified) -> PinAnswer:
    locked = answer.locked_until
    if (answer.matched and locked) or (locked and timezone.is_naive(locked)):
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True)
    return PinAnswer(answer.matched, answer.attempts_left, locked)


def _refused(vendor: Vendor, refusal: VendorRefusal) -> NoReturn:
    code = OurCode(refusal_of(vendor, refusal).code)
    if code.kind is not VendorKind.CORE:
        raise UpstreamFailed(BAD_RESPONSE, was_sent=True, is_fault=False)
    raise GatewayRefused(code.value) from None
