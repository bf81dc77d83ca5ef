"""The life of a grant: sandbox, conformance, production.

That it has ended follows from its last day and the clock; ``expire_grants`` only tells of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from openapi_gateway.access import grant_events as events
from openapi_gateway.access.choices import GrantState, Suspension
from openapi_gateway.access.grant_errors import GrantRefused
from openapi_gateway.access.grant_steps import (
    claim,
    facts,
    found,
    locked,
    require_running,
    today,
    touched,
    written,
)
from openapi_gateway.access.models import Application, Grant, GrantedService
from openapi_gateway.access.people import on_platform
from openapi_gateway.choices import Environment
from operators.errors import NotAllowed

if TYPE_CHECKING:
    from operators.models import Operator

OPEN = (
    GrantState.SANDBOX_ACTIVE, GrantState.CONFORMANCE_PASSED, GrantState.PRODUCTION_PENDING,
    GrantState.PRODUCTION_ACTIVE,
)  # fmt: skip
NOT_ENDING = Q(exit_checklist={})


def is_for_production(grant: Grant) -> bool:
    """Reviewers approved what was asked for: without production, no addresses of callers either."""
    return Environment.PRODUCTION in grant.application.environments


def sandbox_alone() -> str:
    return _(
        "The application is for the sandbox alone. For production, apply again and name the"
        " addresses from which it will be called."
    )


@transaction.atomic
def open_grant(*, application: Application, at: datetime) -> Grant:
    """What an approved application gives, in the transaction of the last approval."""
    grant = Grant.objects.create(
        application=application, bank_id=application.bank_id, client_id=application.client_id,
        starts_on=application.starts_on, ends_on=application.ends_on,
        addresses=application.addresses, callback_urls=application.callback_urls, created_at=at,
    )  # fmt: skip
    GrantedService.objects.bulk_create(
        GrantedService(grant=grant, plan_id=each.plan_id, scopes=each.scopes)
        for each in application.services.all()
    )
    return written(events.OPENED, grant, actor=None, at=at, environments=[Environment.SANDBOX])


@transaction.atomic
def pass_conformance(*, grant_id: int, at: datetime) -> bool:
    """True when this took the grant a step on; one that is further already stays where it is."""
    grant = locked(grant_id)
    before = facts(grant)
    moved = Grant.objects.filter(
        NOT_ENDING, pk=grant.pk, state=GrantState.SANDBOX_ACTIVE, ends_on__gte=today(at)
    ).update(state=GrantState.CONFORMANCE_PASSED, conformance_passed_at=at)
    if not moved:
        return False
    grant.refresh_from_db(fields=["state", "conformance_passed_at"])
    written(
        events.CONFORMANCE_PASSED, grant, actor=None, at=at, before=before,
        environments=[Environment.SANDBOX],
    )  # fmt: skip
    return True


@transaction.atomic
def request_production(
    *, actor: Operator, grant: Grant | int, note: str = "", at: datetime | None = None
) -> Grant:
    at = at or timezone.now()
    row = found(actor, "gateway_access.request_production", grant)
    require_running(row, at)
    _require_for_production(row)
    before = facts(row)
    claim(
        row, NOT_ENDING & Q(state=GrantState.CONFORMANCE_PASSED, suspension=Suspension.NONE),
        _("Production can be asked for once the conformance suite is passed and while the grant"
          " is not suspended."),
        state=GrantState.PRODUCTION_PENDING,
    )  # fmt: skip
    return written(
        events.PRODUCTION_REQUESTED, row, actor=actor, at=at, text=note, before=before,
        environments=[Environment.SANDBOX],
    )  # fmt: skip


@transaction.atomic
def open_production(
    *, actor: Operator, grant: Grant | int, note: str = "", at: datetime | None = None
) -> Grant:
    at = at or timezone.now()
    row = _of_platform(actor, "gateway_access.open_production", grant)
    require_running(row, at)
    if row.conformance_passed_at is None:
        raise GrantRefused(
            _("The client has not passed the conformance suite: production follows it.")
        )
    _require_for_production(row)
    before = facts(row)
    claim(
        row, NOT_ENDING & Q(state=GrantState.PRODUCTION_PENDING, suspension=Suspension.NONE),
        _("Production is opened when the bank has asked for it and the grant is not suspended."),
        state=GrantState.PRODUCTION_ACTIVE, production_at=at,
    )  # fmt: skip
    return written(
        events.PRODUCTION_OPENED, row, actor=actor, at=at, text=note, before=before,
        environments=Environment,
    )  # fmt: skip


@transaction.atomic
def return_production(
    *, actor: Operator, grant: Grant | int, reason: str, at: datetime | None = None
) -> Grant:
    """The platform says what is missing; the bank asks again."""
    at = at or timezone.now()
    row = _of_platform(actor, "gateway_access.open_production", grant)
    before = facts(row)
    claim(
        row, Q(state=GrantState.PRODUCTION_PENDING), _("The bank has not asked for production."),
        state=GrantState.CONFORMANCE_PASSED,
    )  # fmt: skip
    return written(
        events.PRODUCTION_RETURNED, row, actor=actor, at=at, text=reason, before=before,
        environments=[Environment.SANDBOX],
    )  # fmt: skip


def expire_grants(at: datetime) -> int:
    """Tells of those whose last day has passed, each once. Permits look at the day themselves."""
    ended = Grant.objects.filter(state__in=OPEN, ends_on__lt=today(at)).order_by("pk")
    return sum(_expire(grant, at) for grant in ended.select_related("bank", "client"))


@transaction.atomic
def _expire(grant: Grant, at: datetime) -> bool:
    before = facts(grant)
    if not Grant.objects.filter(pk=grant.pk, state__in=OPEN).update(state=GrantState.EXPIRED):
        return False
    grant.state = GrantState.EXPIRED
    written(events.EXPIRED, grant, actor=None, at=at, before=before, environments=touched(grant))
    return True


def _require_for_production(grant: Grant) -> None:
    if not is_for_production(grant):
        raise GrantRefused(sandbox_alone())


def _of_platform(actor: Operator, permission: str, grant: Grant | int) -> Grant:
    if not on_platform():
        raise NotAllowed(_("Only the platform does this."))
    return found(actor, permission, grant)
