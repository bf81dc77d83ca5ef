"""What the app may send for consents and tickets; and the same, with the answers, for the OpenAPI
document of the channel API."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from customers.choices import ConsentPurpose
from openapi_gateway.base_services.identity.choices import TICKET_SCOPES
from openapi_gateway.base_services.identity.errors import BadTicketRequest
from openapi_gateway.choices import Environment

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_BODY_BYTES = 4096
PLAIN = r"\A[^\x00-\x1f\x7f]*\Z"
AppId = Annotated[str, msgspec.Meta(pattern=r"\Aapp_[a-z2-7]{16}\Z")]
FORMS = {
    "app_id": gettext_lazy("the partner's client id: app_ and 16 characters"),
    "purpose": gettext_lazy("one of login, profile, liveness, keyboard"),
    "wording_version": gettext_lazy("a text of 1 to 20 characters"),
    "wording_digest": gettext_lazy("SHA-256 of the wording, 64 hexadecimal digits in lower case"),
    "expires_at": gettext_lazy("a time with its zone, such as 2027-01-31T00:00:00+08:00"),
    "environment": gettext_lazy("production or sandbox"),
    "scopes": gettext_lazy("a list of 1 to 8 different scopes, such as identity.login"),
    "consent_id": gettext_lazy("the id of a consent"),
    "code_challenge": gettext_lazy("the S256 challenge of 43 characters"),
    "code_challenge_method": "S256",
    "device": gettext_lazy("the device's fingerprint of 8 to 200 characters"),
}
_UNKNOWN = re.compile(r"unknown field `(.{1,40})")
_MISSING = re.compile(r"missing required field `(\w+)`")
_PLACE = re.compile(r"`\$\.(\w+)")


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    purpose: Literal["login", "profile", "liveness", "keyboard"]
    app_id: AppId
    wording_version: Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=PLAIN)]
    wording_digest: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class TicketBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    app_id: AppId
    scopes: Annotated[list[str], msgspec.Meta(min_length=1, max_length=8)]
    code_challenge: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]
    code_challenge_method: Literal["S256"]
    device: Annotated[str, msgspec.Meta(min_length=8, max_length=200, pattern=PLAIN)]
    consent_id: UUID | None = None
    environment: Literal["production", "sandbox"] = "production"


Body = TypeVar("Body", bound=msgspec.Struct)


def read_body(request: HttpRequest, form: type[Body]) -> Body:
    raw = _bytes(request)
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:
        raise BadTicketRequest(_sentence(str(error))) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadTicketRequest(_("The body is not JSON.")) from error


def _bytes(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    too_large = length.isdecimal() and int(length) > MAX_BODY_BYTES
    body = b"" if too_large else request.read(MAX_BODY_BYTES + 1)
    if too_large or len(body) > MAX_BODY_BYTES:
        raise BadTicketRequest(_("The request is too large."))
    return body


def _sentence(why: str) -> str:
    unknown, missing, place = _UNKNOWN.search(why), _MISSING.search(why), _PLACE.search(why)
    if unknown:
        name = unknown[1].partition("`")[0]
        return _("There is no field “%(name)s” here; leave it out.") % {"name": name}
    name = missing[1] if missing else place[1] if place else ""
    if name in FORMS:
        return _("%(name)s must be %(form)s.") % {"name": name, "form": FORMS[name]}
    return _("The body must be a JSON object.")


# --- The OpenAPI document ------------------------------------------------------------------------
class ConsentWish(serializers.Serializer):
    purpose = serializers.ChoiceField(ConsentPurpose.values)
    app_id = serializers.CharField(help_text="The partner's client of this bank.")
    wording_version = serializers.CharField(max_length=20)
    wording_digest = serializers.CharField(
        help_text="SHA-256 of the text that was shown, hexadecimal."
    )
    expires_at = serializers.DateTimeField(
        required=False, help_text="Within a year; default: after 180 days."
    )


class Consent(serializers.Serializer):
    consent_id = serializers.UUIDField()
    purpose = serializers.ChoiceField(ConsentPurpose.values)
    app_id = serializers.CharField()
    partner = serializers.CharField(help_text="Name of the partner's client.")
    wording_version = serializers.CharField()
    wording_digest = serializers.CharField()
    given_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="Exclusive.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    valid = serializers.BooleanField(help_text="Neither withdrawn nor expired.")


class Consents(serializers.Serializer):
    consents = Consent(many=True, help_text="The latest first, at most 200.")


class TicketWish(serializers.Serializer):
    app_id = serializers.CharField(help_text="The partner's client of this bank.")
    scopes = serializers.ListField(child=serializers.ChoiceField(sorted(TICKET_SCOPES)))
    code_challenge = serializers.CharField(help_text="RFC 7636; the partner keeps the verifier.")
    code_challenge_method = serializers.ChoiceField(["S256"])
    device = serializers.CharField(max_length=200, help_text="Fingerprint; kept as a digest.")
    consent_id = serializers.UUIDField(
        required=False, help_text="Needed for profile and phone (purpose profile) and unionid."
    )
    environment = serializers.ChoiceField(
        Environment.values, required=False, help_text="Default: production."
    )


class Ticket(serializers.Serializer):
    ticket = serializers.CharField(help_text="256 bits; one use.")
    expires_at = serializers.DateTimeField(help_text="60 seconds later, exclusive.")
    scopes = serializers.ListField(child=serializers.CharField())


class IdentityProblem(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="The stable word for programs.")
    detail = serializers.CharField(help_text="The sentence for people.")
    request_id = serializers.CharField()


KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=True,
    description=(
        "1 to 100 printable ASCII characters of the app's own. The same key gives the same answer "
        "again, with the header Idempotency-Replayed: true."
    ),
)
CONSENT_ID = OpenApiParameter("consent_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
SENTENCES = {
    400: "The body is not valid, or there is no Idempotency-Key.",
    401: "No token, or none that is valid.",
    403: "No customer's token of this bank; or consent or grant do not reach as far.",
    404: "There is no such partner of this bank, or no such consent of the customer.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many tickets for this customer.",
}


def answers(serializer: Any, status: int, *more: int) -> dict[Any, Any]:
    problems = {
        (each, "application/problem+json"): OpenApiResponse(IdentityProblem, SENTENCES[each])
        for each in (401, 403, *more)
    }
    return {(status, "application/json"): serializer, **problems}
