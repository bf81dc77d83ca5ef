"""Stand-in, in the OpenAPI document only, for a school's notices, which are no DRF view."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mobile.api import campus_serializers as forms
from mobile.api.serializers import Problem

PATH = "/api/channel/v1/campus/payments"
SENTENCES = {
    400: "The body is not valid, or the money lies in the future.",
    401: "No signature, one of another moment, or one that does not fit.",
    404: "unknown_bill: the school has no such bill. The notice is kept.",
    409: "wrong_amount, already_paid, already_refunded, too_late or bill_cancelled: the notice is "
    "kept, and the money is to be given back.",
    413: "The request is too large.",
    422: "The number came before, with other contents.",
}


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, location=OpenApiParameter.HEADER, required=True, description=description
    )


class NoticesInTheDocument(APIView):
    @extend_schema(
        operation_id="tellCampusPayment",
        description=(
            "For a school's system: money came, or went back. Signed with the school's secret, no "
            "token. One payment_id counts once, whatever the order; a repetition gets the same "
            "answer, with the header Idempotency-Replayed: true. A refund that comes before its "
            "payment waits for it (202)."
        ),
        parameters=[
            _header("Campus-Key", "Which secret signs."),
            _header("Campus-Timestamp", "Seconds since 1970, at most 300 off."),
            _header("Campus-Signature", "v1= and the HMAC-SHA256 of timestamp.body, hexadecimal."),
        ],
        request=forms.CampusNoticeBody,
        auth=[{}],  # type: ignore[list-item]
        responses={
            **{(status, "application/json"): forms.CampusNoticeTaken for status in (200, 202)},
            **{
                (status, "application/problem+json"): OpenApiResponse(Problem, sentence)
                for status, sentence in SENTENCES.items()
            },
        },
    )
    def post(self, request: Request) -> Response:
        raise NotImplementedError


def add_campus_notices(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Hook of drf-spectacular."""
    return [*endpoints, (PATH, PATH, "POST", NoticesInTheDocument.as_view())]
