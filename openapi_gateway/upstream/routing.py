"""Which vendor is asked: by priority, then by weight, healthy ones only; a session stays where it
was begun."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import msgspec
from django.conf import settings
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from openapi_gateway.choices import Environment
from openapi_gateway.upstream.breaker import guarded
from openapi_gateway.upstream.choices import VendorKind
from openapi_gateway.upstream.errors import (
    REFUSED,
    UNAVAILABLE,
    UpstreamFailed,
    VendorRefusal,
)  # fmt: skip
from openapi_gateway.upstream.exchange import Destination, ask
from openapi_gateway.upstream.models import Breaker, Vendor, VendorCode
from openapi_gateway.upstream.vendor_secrets import secret_of

logger = logging.getLogger(__name__)

Given = TypeVar("Given")


class FailOver(Enum):
    """When another vendor may be asked instead."""

    # What costs nothing and may happen twice.
    ALWAYS = "always"
    # What must happen once: only while nobody has received it.
    IF_NOT_SENT = "if_not_sent"


def through(
    kind: VendorKind,
    environment: str,
    exchange: Callable[[Vendor, Destination], Given],
    *,
    stay_with: str = "",
    fail_over: FailOver = FailOver.IF_NOT_SENT,
) -> Given:
    """``stay_with``: the code of the one vendor that may be asked."""
    failure = UpstreamFailed(UNAVAILABLE, is_fault=False)
    for vendor in vendors_for(kind, environment, only=stay_with):
        to = destination_of(vendor)
        try:
            with guarded(vendor.code, environment, vendor.forced, to.total_seconds):  # type: ignore[attr-defined]
                _refuse_simulators(to, environment)
                return exchange(vendor, to)
        except UpstreamFailed as error:
            failure = error
            if error.was_sent and fail_over is not FailOver.ALWAYS:
                break
    raise failure


def vendors_for(kind: VendorKind, environment: str, *, only: str = "") -> list[Vendor]:
    """In the order in which they are asked. One query."""
    forced = Breaker.objects.filter(vendor=OuterRef("pk"), environment=environment)
    rows = Vendor.objects.filter(kind=kind, is_active=True, **{f"serves_{environment}": True})
    if only:
        rows = rows.filter(code=only)
    found = [
        vendor
        for vendor in rows.select_related("secret").annotate(
            forced=Coalesce(Subquery(forced.values("forced")[:1]), Value(""))
        )
        if vendor.address
    ]
    return sorted(found, key=lambda vendor: (vendor.priority, _drawn(vendor.weight)))


def _drawn(weight: int) -> float:
    """Sorted by this, a vendor comes first as often as its share of the weights."""
    return secrets.SystemRandom().expovariate(weight)


def destination_of(vendor: Vendor) -> Destination:
    return Destination(
        vendor.code, vendor.address, vendor.connect_ms / 1000, vendor.total_ms / 1000,
        secret_of(vendor),
    )  # fmt: skip


def our_code(vendor: Vendor, code: str) -> VendorCode:
    """What the vendor's word means to us; one that nobody has entered means nothing."""
    row = VendorCode.objects.filter(vendor=vendor, vendor_code=code).first()
    if row is None:
        logger.error("upstream.unknown_code vendor=%s code=%.60r", vendor.code, code)
        raise UpstreamFailed(REFUSED, was_sent=True, is_fault=False)
    return row


def refusal_of(vendor: Vendor, refusal: VendorRefusal) -> VendorCode:
    return our_code(vendor, refusal.code)


# --- Simulators -----------------------------------------------------------------------------------
class About(msgspec.Struct):
    simulator: bool


ASK_AGAIN_SECONDS = 300
_real_until: dict[str, float] = {}


def _refuse_simulators(to: Destination, environment: str) -> None:
    """Outside local runs production asks, at first use and every few minutes, whom it talks to."""
    if settings.LOCAL or environment != Environment.PRODUCTION:
        return
    if _real_until.get(to.base_url, 0) > time.monotonic():
        return
    if about(to).simulator:
        logger.error("upstream.simulator_refused vendor=%s", to.name)
        raise UpstreamFailed(UNAVAILABLE, is_fault=False)
    _real_until[to.base_url] = time.monotonic() + ASK_AGAIN_SECONDS


def about(to: Destination) -> About:
    try:
        return ask(to, "GET", "/about", About)
    except VendorRefusal as error:
        raise UpstreamFailed(REFUSED) from error
    except UpstreamFailed as error:
        # Nothing of the call itself was sent.
        raise UpstreamFailed(error.problem.code) from error


def forget() -> None:
    _real_until.clear()
