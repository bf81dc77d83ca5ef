"""Stand-ins, in the OpenAPI document only, for the changes of reservations, which are no DRF
views."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mobile.api import zone_serializers as forms

ROOT = "/api/channel/v1/zone/"
UID = OpenApiParameter("uid", OpenApiTypes.UUID, OpenApiParameter.PATH)
KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=True,
    description=(
        "1 to 100 printable ASCII characters of the caller's own. The same key gives the same "
        "reservation again, as it is then, with the header Idempotency-Replayed: true; a refusal "
        "uses no key up."
    ),
)
SENTENCES = {
    400: "The body is not valid, or there is no Idempotency-Key.",
    401: "No token, or none that is valid.",
    403: "A visitor's token, one of another bank, or one that may not do this.",
    404: "There is no such product or reservation, or it is another customer's.",
    409: "Refused: code says why, such as sold_out, not_on_sale, customer_limit_reached, "
    "not_suitable, outside_audience or reservation_over.",
    413: "The request is too large.",
    422: "The Idempotency-Key was used for another request.",
}


def _stand_in(name: str, description: str, body: Any, *parameters: Any) -> type[APIView]:
    problems = {
        (status, "application/problem+json"): OpenApiResponse(forms.ZoneProblem, sentence)
        for status, sentence in SENTENCES.items()
    }

    class StandIn(APIView):
        @extend_schema(
            operation_id=name,
            description=description,
            parameters=[UID, *parameters],
            request=body,
            responses={(200, "application/json"): forms.Reservation, **problems},
        )
        def post(self, request: Request) -> Response:
            raise NotImplementedError

    return StandIn


_VERBS = {
    "{uid}/reservations": _stand_in(
        "reserveUnits",
        "Holds units of the product for the customer until they are confirmed or released, or "
        "their time is over.",
        forms.ReserveBody, KEY,
    ),
    "reservations/{uid}/confirm": _stand_in(
        "confirmReservation",
        "The bank's core has booked it. Systems' tokens only; the same reference again is the same "
        "confirmation.",
        forms.ConfirmBody,
    ),
    "reservations/{uid}/release": _stand_in(
        "releaseReservation",
        "The units go back. Released twice is released.",
        forms.LetGoBody,
    ),
}  # fmt: skip


def add_zone_verbs(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Hook of drf-spectacular."""
    added = [(ROOT + path, ROOT + path, "POST", view.as_view()) for path, view in _VERBS.items()]
    return [*endpoints, *added]
