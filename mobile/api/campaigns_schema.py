"""Stand-ins, in the OpenAPI document only, for joining and events, which are no DRF views."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mobile.api import campaigns_serializers as forms
from mobile.api.campaigns import UID
from mobile.api.coupons_schema import KEY
from mobile.api.serializers import Problem

ROOT = "/api/channel/v1/"
JOINING = {
    400: "The body is not valid, or there is no Idempotency-Key.",
    401: "No token, or none that is valid.",
    403: "Not a signed-in customer's token, or one of another bank.",
    404: "There is no such campaign, or it is not live.",
    409: "Not rewarded: code says why, such as limit, budget, paused or outside_audience.",
    413: "The request is too large.",
    422: "The Idempotency-Key was used for another campaign.",
}
REPORTING = {
    400: "The body is not JSON, or no batch of events.",
    401: "No token, or none that is valid.",
    403: "Not a system's token, or one of another bank.",
    413: "More than 500 events, or more than 256 KB.",
}


def _outcomes(serializer: Any, sentences: dict[int, str]) -> dict[Any, Any]:
    problems = {
        (status, "application/problem+json"): OpenApiResponse(Problem, sentence)
        for status, sentence in sentences.items()
    }
    return {(200, "application/json"): serializer, **problems}


class JoinInTheDocument(APIView):
    @extend_schema(
        operation_id="joinCampaign",
        description=(
            "The customer takes part in a campaign that can be joined; limits and budget are "
            "claimed at once. The same key gives the same participation again."
        ),
        parameters=[UID, KEY],
        request=forms.Nothing,
        responses=_outcomes(forms.Joined, JOINING),
    )
    def post(self, request: Request) -> Response:
        raise NotImplementedError


class EventsInTheDocument(APIView):
    @extend_schema(
        operation_id="reportEvents",
        description=(
            "What qualifies for campaigns, in batches of at most 500 events and 256 KB; systems' "
            "tokens only. Every event is told apart by event_id and counts once, however often "
            "and however parallel it is sent, late or out of order; one that reverses another "
            "takes its rewards back. Good events are taken although others are refused."
        ),
        request=forms.EventBatch,
        responses=_outcomes(forms.EventsTaken, REPORTING),
    )
    def post(self, request: Request) -> Response:
        raise NotImplementedError


_VERBS = {"campaigns/{uid}/participations": JoinInTheDocument, "events": EventsInTheDocument}


def add_campaign_verbs(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Hook of drf-spectacular."""
    added = [(ROOT + path, ROOT + path, "POST", view.as_view()) for path, view in _VERBS.items()]
    return [*endpoints, *added]
