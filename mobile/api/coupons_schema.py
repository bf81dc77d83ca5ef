"""Stand-ins, in the OpenAPI document only, for the changes of coupons, which are no DRF views."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mobile.api import coupons_serializers as forms

ROOT = "/api/channel/v1/"
KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=True,
    description=(
        "1 to 100 printable ASCII characters of the caller's own. The same key gives the same "
        "answer again, refusals too, with the header Idempotency-Replayed: true."
    ),
)
COUPON_ID = OpenApiParameter("coupon_id", OpenApiTypes.INT64, OpenApiParameter.PATH)
CODE = OpenApiParameter("code", location=OpenApiParameter.PATH, description="Of the template.")
SENTENCES = {
    400: "The body is not valid, or there is no Idempotency-Key.",
    401: "No token, or none that is valid.",
    403: "A visitor's token, one of another bank, or one that may not do this.",
    404: "There is no such thing, or it is another customer's.",
    409: "Refused: code says why, and further members name the failing condition.",
    413: "The request is too large.",
    422: "The Idempotency-Key was used for another request.",
}


def _outcomes(serializer: Any) -> dict[Any, Any]:
    problems = {
        (status, "application/problem+json"): OpenApiResponse(forms.CouponProblem, sentence)
        for status, sentence in SENTENCES.items()
    }
    return {(200, "application/json"): serializer, **problems}


def _stand_in(
    name: str, description: str, place: OpenApiParameter, body: Any, answer: Any
) -> type[APIView]:
    class StandIn(APIView):
        @extend_schema(
            operation_id=name,
            description=description,
            parameters=[place, KEY],
            request=body,
            responses=_outcomes(answer),
        )
        def post(self, request: Request) -> Response:
            raise NotImplementedError

    return StandIn


_VERBS = {
    "coupon-templates/{code}/claims": _stand_in(
        "claimCoupon",
        "One coupon of the template for the customer, within its limits.",
        CODE, forms.ClaimBody, forms.Claimed,
    ),
    "coupons/{coupon_id}/lock": _stand_in(
        "lockCoupon",
        "Binds the coupon to a payment until it is redeemed or released, or its time is over.",
        COUPON_ID, forms.LockBody, forms.Quoted,
    ),
    "coupons/{coupon_id}/release": _stand_in(
        "releaseCoupon", "Undoes a lock.", COUPON_ID, forms.ReleaseBody, forms.Changed
    ),
    "coupons/{coupon_id}/redeem": _stand_in(
        "redeemCoupon",
        "Uses the coupon, for the payment it is locked for or at once.",
        COUPON_ID, forms.RedeemBody, forms.Redeemed,
    ),
    "coupons/{coupon_id}/reverse": _stand_in(
        "reverseCoupon",
        "Takes a redemption back. Wholly reversed, the coupon can be used again while it is valid; "
        "in part, it stays redeemed.",
        COUPON_ID, forms.ReverseBody, forms.Reversed,
    ),
    "coupons/{coupon_id}/void": _stand_in(
        "voidCoupon",
        "Takes the coupon out of use for good. Systems' tokens only.",
        COUPON_ID, forms.VoidBody, forms.Changed,
    ),
}  # fmt: skip


def add_coupon_verbs(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Hook of drf-spectacular."""
    added = [(ROOT + path, ROOT + path, "POST", view.as_view()) for path, view in _VERBS.items()]
    return [*endpoints, *added]
