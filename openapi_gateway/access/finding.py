"""The application that somebody works on, as it stands now, locked until the transaction ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.context import current_schema
from openapi_gateway.access.choices import OPEN_APPLICATIONS, ApplicationState
from openapi_gateway.access.errors import ApplicationRefused, UnknownApplication
from openapi_gateway.access.models import Application
from openapi_gateway.access.people import on_platform
from operators.permissions import require

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from operators.models import Operator

IDLE = timedelta(days=30)


def is_idle(at: datetime) -> Q:
    """Open in the table, and over by the clock."""
    return Q(state__in=OPEN_APPLICATIONS, touched_at__lte=at - IDLE)


def standing_of(application: Application, at: datetime) -> ApplicationState:
    """By the clock, not by what a task has got round to."""
    is_open = application.state in OPEN_APPLICATIONS
    if is_open and application.touched_at <= at - IDLE:
        return ApplicationState.EXPIRED
    return ApplicationState(application.state)


def visible_applications() -> QuerySet[Application]:
    """In a bank's schema its own; the platform sees what has been submitted once."""
    rows = Application.objects.select_related("bank", "client")
    if on_platform():
        return rows.exclude(round=0)
    return rows.filter(bank__schema_name=current_schema())


def locked(actor: Operator, permission: str, application: Application | int) -> Application:
    require(actor, permission)
    return locked_row(application)


def locked_row(application: Application | int) -> Application:
    key = application if isinstance(application, int) else application.pk
    rows = visible_applications().select_for_update(of=("self",))
    row = rows.filter(pk=key).first()
    if row is None:
        raise UnknownApplication(_("There is no such application."))
    return row


def require_state(
    application: Application, states: Collection[ApplicationState], at: datetime
) -> None:
    standing = standing_of(application, at)
    if standing == ApplicationState.EXPIRED and application.state != standing:
        raise ApplicationRefused(
            _("Nobody touched this application for %(days)s days: it has expired. Begin a new one.")
            % {"days": IDLE.days}
        )
    if standing not in states:
        raise ApplicationRefused(
            _("The application is “%(state)s”: this step does not follow.")
            % {"state": standing.label}
        )


def move(row: Application, state: ApplicationState, at: datetime, **more: Any) -> None:
    """From where it stands, and only from there."""
    moved = Application.objects.filter(pk=row.pk, state=row.state, round=row.round)
    if moved.update(state=state, touched_at=at, **more) != 1:
        raise ApplicationRefused(_("Somebody else was quicker. Look at the application again."))
    row.refresh_from_db()
