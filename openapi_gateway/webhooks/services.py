"""The verbs of callback addresses. A bank's operators keep them; the platform may send again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.access.people import on_platform, require_own_bank
from openapi_gateway.credentials.choices import ClientState
from openapi_gateway.credentials.models import Client
from openapi_gateway.outbox.services import DELIVER, KINDS
from openapi_gateway.webhooks import deliveries, events, guard, signing
from openapi_gateway.webhooks.choices import DeliveryState, EndpointState
from openapi_gateway.webhooks.errors import WebhookRefused
from openapi_gateway.webhooks.models import Delivery, Endpoint
from operators.permissions import require
from tenants.tasks_api import enqueue_on_commit

if TYPE_CHECKING:
    from operators.models import Operator

MANAGE = "gateway_webhooks.manage_endpoint"
RESEND = "gateway_webhooks.resend_delivery"
OVERLAP = timedelta(hours=24)
MOST_ENDPOINTS = 5
TEST = "test"


@transaction.atomic
def add_endpoint(
    *, actor: Operator, client: Client, environment: str, url: str, kinds: Iterable[str] = (),
    at: datetime | None = None,
) -> tuple[Endpoint, str]:  # fmt: skip
    """The secret is returned here and never again."""
    require(actor, MANAGE)
    require_own_bank(client.bank)
    client = Client.objects.select_for_update(of=("self",)).select_related("bank").get(pk=client.pk)
    _refuse_place(client, environment, url)
    endpoint = Endpoint(
        client=client, environment=environment, url=url, kinds=clean_kinds(kinds),
        created_by=str(actor)[:150], created_at=at or timezone.now(),
    )  # fmt: skip
    secret = signing.new_secret()
    endpoint.secret = signing.seal(secret, endpoint.uid, endpoint.version)
    endpoint.save(force_insert=True)
    record(events.ENDPOINT_ADDED, actor=actor, target=endpoint, after=_facts(endpoint))
    return endpoint, secret


@transaction.atomic
def choose_kinds(*, actor: Operator, endpoint: Endpoint, kinds: Iterable[str]) -> Endpoint:
    row = _managed(actor, endpoint)
    before = row.kinds
    row.kinds = clean_kinds(kinds)
    if row.kinds == before:
        return row
    row.save(update_fields=["kinds"])
    record(
        events.ENDPOINT_CHANGED, actor=actor, target=row,
        before={"kinds": before}, after={"kinds": row.kinds},
    )  # fmt: skip
    return row


@transaction.atomic
def roll_secret(
    *, actor: Operator, endpoint: Endpoint, at: datetime | None = None
) -> tuple[Endpoint, str]:
    """For a day callbacks are signed with both, so that the partner can change in peace."""
    row, at = _managed(actor, endpoint), at or timezone.now()
    secret = signing.new_secret()
    row.old_secret, row.old_secret_until = row.secret, at + OVERLAP
    row.version += 1
    row.secret = signing.seal(secret, row.uid, row.version)
    row.save(update_fields=["secret", "version", "old_secret", "old_secret_until"])
    record(events.SECRET_ROLLED, actor=actor, target=row, after={"version": row.version})
    return row, secret


@transaction.atomic
def disable_endpoint(*, actor: Operator, endpoint: Endpoint, reason: str) -> Endpoint:
    row = _managed(actor, endpoint)
    reason = reason.strip()[:200]
    if not reason:
        raise WebhookRefused(_("Give the reason."))
    if row.state != EndpointState.ACTIVE:
        raise WebhookRefused(_("This callback address is disabled already."))
    row.state, row.disabled_reason = EndpointState.DISABLED, reason
    row.save(update_fields=["state", "disabled_reason"])
    record(events.ENDPOINT_DISABLED, actor=actor, target=row, reason=reason)
    return row


@transaction.atomic
def enable_endpoint(*, actor: Operator, endpoint: Endpoint) -> Endpoint:
    row = _managed(actor, endpoint)
    if row.state != EndpointState.DISABLED:
        raise WebhookRefused(_("This callback address is active already."))
    row.state, row.disabled_reason = EndpointState.ACTIVE, ""
    row.save(update_fields=["state", "disabled_reason"])
    record(events.ENDPOINT_ENABLED, actor=actor, target=row)
    return row


@transaction.atomic
def send_test(*, actor: Operator, endpoint: Endpoint, at: datetime | None = None) -> Delivery:
    row, at = _managed(actor, endpoint), at or timezone.now()
    _refuse_unwanted(row)
    body = deliveries.body_of(TEST, row.client.app_id, row.environment, {"test": True}, at)
    delivery = Delivery.objects.create(
        endpoint=row, kind=TEST, body=body, next_at=at, created_at=at
    )
    record(events.TEST_SENT, actor=actor, target=row, after={"message": str(delivery)})
    enqueue_on_commit(DELIVER)
    return delivery


@transaction.atomic
def send_again(*, actor: Operator, delivery: Delivery, at: datetime | None = None) -> Delivery:
    """As a new message with the same content. The platform's guards may do it, too."""
    require(actor, RESEND)
    if not on_platform():
        require_own_bank(delivery.endpoint.client.bank)
    # Two clicks make one message: the second waits here, and then finds the first one's.
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    rows = Delivery.objects.filter(Q(pk=delivery.pk) | Q(again=delivery))
    if rows.filter(state=DeliveryState.WAITING).exists():
        raise WebhookRefused(_("It is still being sent: wait for the next attempt."))
    _refuse_unwanted(delivery.endpoint)
    at = at or timezone.now()
    again = Delivery.objects.create(
        endpoint=delivery.endpoint, again=delivery, kind=delivery.kind, body=delivery.body,
        next_at=at, created_at=at,
    )  # fmt: skip
    record(
        events.SENT_AGAIN, actor=actor, target=again, target_label=str(again),
        after={"message": str(again), "of": str(delivery)},
    )  # fmt: skip
    enqueue_on_commit(DELIVER)
    return again


def clean_kinds(kinds: Iterable[str]) -> list[str]:
    found = sorted(set(kinds))
    if unknown := [each for each in found if each not in KINDS]:
        raise WebhookRefused(
            _("No event is called %(kinds)s.") % {"kinds": ", ".join(unknown)[:80]}
        )
    return found


def _refuse_place(client: Client, environment: str, url: str) -> None:
    if client.state != ClientState.ACTIVE:
        raise WebhookRefused(_("This client is closed."))
    guard.target_of(url, environment)
    endpoint = Endpoint(client=client, environment=environment, url=url)
    if not deliveries.is_granted(endpoint):
        raise WebhookRefused(
            _("No grant of this client names this callback address. Apply for it first.")
        )
    known = Endpoint.objects.filter(client=client, environment=environment)
    if known.filter(url=url).exists():
        raise WebhookRefused(_("This client is called back there already."))
    if known.count() >= MOST_ENDPOINTS:
        raise WebhookRefused(
            _("At most %(most)s callback addresses for one client and environment.")
            % {"most": MOST_ENDPOINTS}
        )


def _refuse_unwanted(endpoint: Endpoint) -> None:
    if not deliveries.is_wanted(endpoint):
        raise WebhookRefused(
            _("Nothing is sent there: the address is disabled, or no grant names it any more.")
        )


def _managed(actor: Operator, endpoint: Endpoint) -> Endpoint:
    require(actor, MANAGE)
    rows = Endpoint.objects.select_for_update(of=("self",)).select_related("client__bank")
    row = rows.get(pk=endpoint.pk)
    require_own_bank(row.client.bank)
    return row


def _facts(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "app_id": endpoint.client.app_id, "environment": str(endpoint.environment),
        "url": endpoint.url, "kinds": endpoint.kinds,
    }  # fmt: skip
