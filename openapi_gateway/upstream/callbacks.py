"""What a liveness engine says of its own accord.

    POST <callback_url>  {"session", "session_ref", "sequence", "result": Result}

signed like our own calls (``signatures``), with the vendor's secret; a repeated delivery is signed
anew. Whether it comes twice, late or out of order makes no difference: only a finished result is
handed on, to a handler that takes each result in once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from openapi_gateway.upstream.choices import VendorKind
from openapi_gateway.upstream.errors import ForgedCallback, UpstreamFailed
from openapi_gateway.upstream.liveness_engine import (
    CALLBACK_PATH,
    EngineAnswer,
    Identifier,
    Result,
    Word,
    answer_of,
)  # fmt: skip
from openapi_gateway.upstream.models import Vendor
from openapi_gateway.upstream.signatures import is_signed
from openapi_gateway.upstream.vendor_secrets import secret_of

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class EngineReport:
    """``answer.state`` is "done". ``engine_ref`` is as ``begin`` gave it."""

    engine_ref: str
    session_ref: str
    answer: EngineAnswer
    at: datetime


class Notice(msgspec.Struct, forbid_unknown_fields=True):
    session: Identifier
    session_ref: Word
    sequence: int
    result: Result


# Runs in the public schema, outside a transaction; must take the same report in only once, and do
# nothing for a session it does not know or that has ended.
Handler = Callable[[EngineReport], None]
_handlers: list[Handler] = []


def register(handler: Handler) -> None:
    """For ``AppConfig.ready`` of the room that keeps the sessions."""
    if handler not in _handlers:
        _handlers.append(handler)


def receive(vendor_code: str, body: bytes, *, timestamp: str, signature: str, at: datetime) -> None:
    """Raises ``ForgedCallback`` for what the vendor did not sign, msgspec.DecodeError for what
    cannot be read."""
    vendor = (
        Vendor.objects.filter(code=vendor_code, kind=VendorKind.LIVENESS, is_active=True)
        .select_related("secret")
        .first()
    )
    path = CALLBACK_PATH + vendor_code
    if vendor is None or not is_signed(
        secret_of(vendor), "POST", path, body,
        timestamp=timestamp, signature=signature, now=at.timestamp(),
    ):  # fmt: skip
        raise ForgedCallback("The callback is not signed by the vendor.")
    notice = msgspec.json.decode(body, type=Notice)
    if notice.result.state == "done":
        _hand_on(vendor, notice, at)


def _hand_on(vendor: Vendor, notice: Notice, at: datetime) -> None:
    try:
        answer = answer_of(vendor, notice.session, notice.result)
    except UpstreamFailed:
        # Whoever waits for the result polls, and is told the same.
        logger.warning("upstream.callback_unusable vendor=%s", vendor.code)
        return
    report = EngineReport(f"{vendor.code}.{notice.session}", notice.session_ref, answer, at)
    for handler in _handlers:
        handler(report)
