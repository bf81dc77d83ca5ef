"""The QR code that a customer shows at the counter: a token for a few minutes, never the code.

``FXQ:`` and, in base 32, a version, the coupon's id, the minute of expiry and a keyed digest of
them and of the holder. The colon cannot stand in a coupon's code, and all of it can be written in
a QR code's alphanumeric mode, which is smaller and survives a scanner's keyboard layout.
"""

from __future__ import annotations

import hmac
import struct
from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import segno
from django.utils.translation import gettext_lazy as _

from coupons.errors import QrExpired, UnknownCoupon
from coupons.models import Coupon
from tenants.encryption import Digester

PREFIX = "FXQ:"
# For nothing else: a token of another purpose does not verify here, nor this one there.
PURPOSE = "coupon QR at the counter"
LIFETIME = timedelta(minutes=5)
_VERSION = 1
_HEAD = struct.Struct(">BQI")
_MAC_BYTES = 16
_LENGTH = _HEAD.size + _MAC_BYTES


class Token(NamedTuple):
    text: str
    expires_at: datetime


def token_for(coupon: Coupon, at: datetime) -> Token:
    """Good for the coupon while it stays with its holder; whole minutes, rounded up."""
    minute = -int(-(at + LIFETIME).timestamp() // 60)
    head = _HEAD.pack(_VERSION, coupon.pk, minute)
    text = b32encode(head + _mac(head, coupon)).decode().rstrip("=")
    return Token(PREFIX + text, datetime.fromtimestamp(minute * 60, UTC))


def is_token(text: str) -> bool:
    return text.upper().startswith(PREFIX)


def coupon_of(text: str, at: datetime) -> Coupon:
    """Raises ``UnknownCoupon`` for what we have not signed, ``QrExpired`` for what is too old."""
    raw = _decoded(text)
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    version, coupon_id, minute = _HEAD.unpack(head)
    coupon = Coupon.objects.filter(pk=coupon_id).first() if coupon_id < 2**63 else None
    if version != _VERSION or coupon is None or not hmac.compare_digest(mac, _mac(head, coupon)):
        raise _unknown()
    if at.timestamp() >= minute * 60:
        raise QrExpired(
            _("This QR code is too old. Ask the customer to open the coupon again in the app.")
        )
    return coupon


def picture(token: str) -> str:
    """SVG that scales with the place where it stands."""
    code = segno.make(token, error="m", micro=False)
    return code.svg_inline(border=2, omitsize=True)


def _mac(head: bytes, coupon: Coupon) -> bytes:
    return Digester(PURPOSE).digest(head + coupon.customer_number.encode())


def _decoded(text: str) -> bytes:
    body = text.upper().removeprefix(PREFIX)
    try:
        raw = b32decode(body + "=" * (-len(body) % 8))
    except ValueError as error:
        raise _unknown() from error
    if len(raw) != _LENGTH:
        raise _unknown()
    return raw


def _unknown() -> UnknownCoupon:
    return UnknownCoupon(_("This is no QR code of a coupon of this bank."))
