"""``GET coupons/{id}/qr``: what the customer shows at the counter."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from coupons.counter import qr
from coupons.counter.showable import showable_coupon
from customers.errors import CustomersOnly
from mobile.api.home import ENCODER
from mobile.api.schema import answers
from mobile.api.views import ChannelView


class CouponQr(serializers.Serializer[Any]):
    token = serializers.CharField(
        help_text="What the QR code says; good for a few minutes, and at the counter only."
    )
    expires_at = serializers.DateTimeField(help_text="Ask again before then.")
    svg = serializers.CharField(help_text="The QR code as a picture, to stand in a page.")


class CouponQrView(ChannelView):
    @extend_schema(operation_id="getCouponQr", responses=answers(CouponQr, 404, 409))
    def get(self, request: Request, coupon_id: int) -> HttpResponse:
        """A QR code by which a branch finds the customer's coupon. It is never the code of the
        coupon itself, and it is not kept: ask for a new one whenever the coupon is opened."""
        if not self.caller.is_customer:
            raise CustomersOnly(_("Only a signed-in customer shows a coupon."))
        coupon = showable_coupon(coupon_id, self.caller.customer_number, self.at)
        token = qr.token_for(coupon, self.at)
        body = ENCODER.encode(
            {
                "token": token.text,
                "expires_at": token.expires_at,
                "svg": qr.picture(token.text),
            }
        )
        return HttpResponse(
            body, content_type="application/json", headers={"Cache-Control": "private, no-store"}
        )
