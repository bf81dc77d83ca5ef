"""The OpenAPI document of the channel API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.choices import (
    CampaignKind,
    EffectKind,
    EffectState,
    EventKind,
    ParticipationState,
)
from campaigns.taking.given import REPORTED
from coupons.choices import CouponKind
from coupons.wallet.choices import WalletState
from fuxiang_zone.choices import ReservationState, TermUnit
from fuxiang_zone.sales.standing import SaleState
from mobile.api.serializers import Home, Problem, TouchpointBatch, TouchpointsTaken
from mobile.switches import STATES

SENTENCES = {
    400: "The query is not valid.",
    401: "No token, or none that is valid.",
    403: "A token of another bank, or one that may not do this.",
    404: "There is no such thing, or not for this customer.",
    409: "The announcement is none that must be read, or the bank does not allow the choice.",
    413: "The request is too large.",
}


def answers(serializer: Any, *more: int) -> dict[Any, Any]:
    problems = {
        (status, "application/problem+json"): OpenApiResponse(Problem, SENTENCES[status])
        for status in (401, 403, *more)
    }
    return {(200, "application/json"): serializer, **problems}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "mobile.authentication.CustomerTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "ES256; claims bank, exp, and sub for a customer (without: a visitor).",
        }


class HomeInTheDocument(APIView):
    """Stands for the hot route, which is no DRF view, in the OpenAPI document only."""

    @extend_schema(
        operation_id="getHome",
        description="Everything the first screen shows. Answers 304 to a matching If-None-Match.",
        parameters=[
            OpenApiParameter(
                "mode", enum=["standard", "senior"], description="Default: as the customer chose."
            ),
            OpenApiParameter("at", OpenApiTypes.DATETIME, description="Preview tokens only."),
            OpenApiParameter("If-None-Match", location=OpenApiParameter.HEADER),
        ],
        responses={**answers(Home, 400), 304: OpenApiResponse(description="Nothing has changed.")},
    )
    def get(self, request: Request) -> Response:
        raise NotImplementedError


class TouchpointsInTheDocument(APIView):
    """As above."""

    @extend_schema(
        operation_id="reportTouchpoints",
        description=(
            "What customers saw, touched and closed: at most 500 events and 256 KB. Events are "
            "told apart by event_id, so that a batch may be sent again. A customer's token reports "
            "the customer's own events, a system's token those of the customers that it names. "
            "Good events are taken in although others of the batch are refused."
        ),
        request=TouchpointBatch,
        responses=answers(TouchpointsTaken, 400, 413),
    )
    def post(self, request: Request) -> Response:
        raise NotImplementedError


def add_hot_routes(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    hot: dict[str, tuple[str, type[APIView]]] = {
        "/api/channel/v1/home": ("GET", HomeInTheDocument),
        "/api/channel/v1/touchpoints": ("POST", TouchpointsInTheDocument),
    }
    others = [endpoint for endpoint in endpoints if endpoint[0] not in hot]
    return [*((path, path, verb, view.as_view()) for path, (verb, view) in hot.items()), *others]


NAMES = {
    "CampaignState": STATES,
    "CampaignKind": CampaignKind.values,
    "EventKind": EventKind.values,
    "ReportedEventKind": list(REPORTED),
    "RewardKind": EffectKind.values,
    "RewardState": EffectState.values,
    "ParticipationState": ParticipationState.values,
    "ReservationState": ReservationState.values,
    "SaleState": SaleState.values,
    "TermUnit": TermUnit.values,
}

DOCUMENT_SETTINGS: dict[str, Any] = {
    "TITLE": "Fuxiang channel API",
    "DESCRIPTION": "One bank's content for one customer of its mobile bank.",
    "VERSION": "1.0.0",
    "PREPROCESSING_HOOKS": [
        "mobile.api.schema.add_hot_routes",
        "mobile.api.coupons_schema.add_coupon_verbs",
        "mobile.api.campaigns_schema.add_campaign_verbs",
        "mobile.api.campus_schema.add_campus_notices",
        "mobile.api.zone_schema.add_zone_verbs",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CouponKind": CouponKind.values,
        "CouponChanged": ["claimed", "locked", "redeemed", "voided"],
        "WalletState": WalletState.values,
        **NAMES,
    },
    "SCHEMA_PATH_PREFIX": "/api/channel/v1",
    "SERVERS": [{"url": "/", "description": "The bank's own host."}],
}


class ChannelSchemaView(SpectacularAPIView):
    urlconf = "config.urls_channel"
    custom_settings = DOCUMENT_SETTINGS
    authentication_classes = ()
    permission_classes = ()
