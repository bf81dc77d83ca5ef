"""The app's calls on the bank's host: what the customer consents to, and the ticket with which the
app tells a partner's server who is there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from customers import consents
from customers.choices import ConsentPurpose
from customers.errors import CustomersOnly
from openapi_gateway.base_services.identity import channel_forms as forms
from openapi_gateway.base_services.identity import tickets, tokens
from openapi_gateway.base_services.identity.errors import BadTicketRequest
from openapi_gateway.choices import Environment
from openapi_gateway.credentials.directory import client_of

if TYPE_CHECKING:
    from customers.models import Consent
    from customers.tokens import Caller
    from tenants.models import Bank

ENCODER = msgspec.json.Encoder()
REPLAYED = "Idempotency-Replayed"
PREFIX = "api/channel/v1/"
SERVICE_OF = {
    ConsentPurpose.LOGIN: "identity",
    ConsentPurpose.PROFILE: "identity",
    ConsentPurpose.LIVENESS: "liveness",
    ConsentPurpose.KEYBOARD: "keyboard",
}


class IdentityView(APIView):
    """Of the customer whose token calls."""

    at: datetime
    number: str
    bank: Bank

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        caller = cast("Caller", request.user)
        if not caller.is_customer:
            raise CustomersOnly(_("Only signed-in customers decide who may know them."))
        self.at, self.number = timezone.now(), caller.customer_number
        self.bank = request._request.tenant  # type: ignore[attr-defined]


class ConsentsView(IdentityView):
    @extend_schema(operation_id="listConsents", responses=forms.answers(forms.Consents, 200))
    def get(self, request: Request) -> HttpResponse:
        """What the customer agreed to, also what has ended."""
        found = consents.consents_of(self.number)
        return _respond({"consents": [_shown(each, self.at) for each in found]})

    @extend_schema(
        operation_id="giveConsent",
        parameters=[forms.KEY],
        request=forms.ConsentWish,
        responses=forms.answers(forms.Consent, 201, 400, 404, 422),
    )
    def post(self, request: Request) -> HttpResponse:
        """The customer agrees, to the benefit of one partner, to one purpose, in these words."""
        body = forms.read_body(request._request, forms.ConsentBody)
        service = SERVICE_OF[ConsentPurpose(body.purpose)]
        # Whoever may use a service anywhere may use it in the sandbox.
        tickets.partner_permit(self.bank, body.app_id, service, Environment.SANDBOX, self.at)
        given = consents.give_consent(
            customer_number=self.number, purpose=body.purpose, app_id=body.app_id,
            wording_version=body.wording_version, wording_digest=body.wording_digest,
            expires_at=body.expires_at, key=_key(request), at=self.at,
        )  # fmt: skip
        return _respond(_shown(given.consent, self.at), 201, given.replayed)


class ConsentView(IdentityView):
    @extend_schema(
        operation_id="withdrawConsent",
        parameters=[forms.CONSENT_ID],
        request=None,
        responses=forms.answers(forms.Consent, 200, 404),
    )
    def delete(self, request: Request, consent_id: UUID) -> HttpResponse:
        """For good: the partner is told nothing more about the customer. Repeating it changes
        nothing."""
        found = consents.withdraw_consent(
            customer_number=self.number, consent_id=consent_id, at=self.at
        )
        tokens.end_with_consent(self.bank.pk, self.number, consent_id, self.at)
        return _respond(_shown(found, self.at))


class TicketsView(IdentityView):
    @extend_schema(
        operation_id="takeIdentityTicket",
        parameters=[forms.KEY],
        request=forms.TicketWish,
        responses=forms.answers(forms.Ticket, 201, 400, 404, 422, 429),
    )
    def post(self, request: Request) -> HttpResponse:
        """A ticket for the app of a partner, which the partner's server exchanges at the gateway
        within 60 seconds, once."""
        body = forms.read_body(request._request, forms.TicketBody)
        issued = tickets.issue_ticket(
            bank=self.bank, customer_number=self.number, key=_key(request), at=self.at,
            wish=_wish(body, cast("Caller", request.user), self.at),
        )  # fmt: skip
        document = {
            "ticket": issued.ticket,
            "expires_at": issued.expires_at,
            "scopes": list(issued.scopes),
        }
        return _respond(document, 201, issued.replayed)


def _wish(body: forms.TicketBody, caller: Caller, at: datetime) -> tickets.Wish:
    if len(set(body.scopes)) < len(body.scopes):
        raise BadTicketRequest(_("scopes: name each scope once."))
    signed_in = datetime.fromtimestamp(caller.auth_time, UTC) if caller.auth_time else at
    return tickets.Wish(
        app_id=body.app_id, environment=body.environment, scopes=body.scopes,
        code_challenge=body.code_challenge, device=body.device, consent_id=body.consent_id,
        auth_time=signed_in, amr=caller.amr,
    )  # fmt: skip


def _shown(consent: Consent, at: datetime) -> dict[str, Any]:
    client = client_of(consent.app_id)
    return {
        **consents.facts_of(consent),
        "partner": client.name if client else "",
        "valid": consent.withdrawn_at is None and consent.expires_at > at,
    }


def _key(request: Request) -> str:
    return str(request.META.get("HTTP_IDEMPOTENCY_KEY", ""))


def _respond(document: Any, status: int = 200, replayed: bool = False) -> HttpResponse:
    headers = {"Cache-Control": "private, no-store"}
    if replayed:
        headers[REPLAYED] = "true"
    return HttpResponse(
        ENCODER.encode(document), status=status, content_type="application/json", headers=headers
    )


urlpatterns = [
    path(f"{PREFIX}consents", ConsentsView.as_view(), name="channel-consents"),
    path(f"{PREFIX}consents/<uuid:consent_id>", ConsentView.as_view(), name="channel-consent"),
    path(f"{PREFIX}identity/tickets", TicketsView.as_view(), name="channel-identity-tickets"),
]
