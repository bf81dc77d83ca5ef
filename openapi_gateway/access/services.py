"""What the bank does with its application: begin, edit, submit, withdraw. Both sides comment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from openapi_gateway.access import events
from openapi_gateway.access.choices import (
    EDITABLE_APPLICATIONS,
    OPEN_APPLICATIONS,
    ApplicationState,
)
from openapi_gateway.access.content import Content, content_of, missing, tidy
from openapi_gateway.access.errors import ApplicationRefused, BadApplication, UnknownApplication
from openapi_gateway.access.finding import locked, locked_row, move, require_state
from openapi_gateway.access.histories import tell
from openapi_gateway.access.models import Application, RequestedService
from openapi_gateway.access.people import on_platform, person_columns, require_own_bank
from openapi_gateway.access.snapshots import changes_between, snapshot
from openapi_gateway.choices import Level
from operators.permissions import require

if TYPE_CHECKING:
    from openapi_gateway.access.models import ApplicationEvent
    from operators.models import Operator
    from tenants.models import Bank

COMMENT_LENGTH = 1000
ADD, CHANGE, SUBMIT = (f"gateway_access.{verb}_application" for verb in ("add", "change", "submit"))
REVIEWS = ("gateway_access.review_technical", "gateway_access.review_compliance")


@transaction.atomic
def begin_application(
    *, actor: Operator, bank: Bank, client: Any, at: datetime | None = None, **fields: Any
) -> Application:
    """``fields``: those of ``Content``. A draft may miss most of them, but holds nothing wrong."""
    at = at or timezone.now()
    require(actor, ADD)
    require_own_bank(bank)
    _require_client(client, bank)
    content = Content(**fields).cleaned(at=at)
    application = Application.objects.create(
        bank=bank, client=client, created_at=at, touched_at=at, level=level_of(content),
        **content.columns(), **person_columns(actor, "applicant"),
    )  # fmt: skip
    _set_services(application, content)
    tell(
        events.APPLICATION_BEGUN, application, actor=actor, at=at,
        after=snapshot(application, content),
    )  # fmt: skip
    return application


@transaction.atomic
def edit_application(
    *,
    actor: Operator,
    application: Application | int,
    client: Any = None,
    version: int | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Application:
    """``version``: of the form that was open; another's edit since then is not overwritten."""
    at = at or timezone.now()
    row = locked(actor, CHANGE, application)
    require_own_bank(row.bank)
    require_state(row, EDITABLE_APPLICATIONS, at)
    if version is not None and version != row.version:
        raise ApplicationRefused(
            _("Somebody else has changed this application since you opened it. Open it again.")
        )
    _require_client(client or row.client, row.bank)
    before = content_of(row)
    was = snapshot(row, before)
    content = Content(**fields).cleaned(at=at)
    columns = {**content.columns(), "client": client or row.client, "level": level_of(content)}
    Application.objects.filter(pk=row.pk).update(**columns, version=row.version + 1, touched_at=at)
    row.refresh_from_db()
    _set_services(row, content)
    now = snapshot(row, content)
    # Of the bank's own trail; in the application's history the submission says what changed.
    record_edit(row, actor, at, was, now)
    return row


@transaction.atomic
def submit_application(
    *, actor: Operator, application: Application | int, at: datetime | None = None
) -> Application:
    at = at or timezone.now()
    row = locked(actor, SUBMIT, application)
    require_own_bank(row.bank)
    require_state(row, EDITABLE_APPLICATIONS, at)
    content = content_of(row)
    require_complete(row, content, at)
    now = snapshot(row, content)
    changes = changes_between(row.submitted_content, now)
    Application.objects.filter(pk=row.pk).update(
        state=ApplicationState.SUBMITTED, round=row.round + 1, submitted_content=now,
        submitted_at=at, touched_at=at, decided_at=None, level=level_of(content),
        **person_columns(actor, "applicant"),
    )  # fmt: skip
    before = {"state": row.state, "round": row.round}
    row.refresh_from_db()
    tell(
        events.APPLICATION_SUBMITTED, row, actor=actor, at=at, before=before,
        after={"state": row.state, "round": row.round, "content": now}, changes=changes,
    )  # fmt: skip
    return row


@transaction.atomic
def withdraw_application(
    *, actor: Operator, application: Application | int, reason: str = "",
    at: datetime | None = None,
) -> Application:  # fmt: skip
    at = at or timezone.now()
    row = locked(actor, SUBMIT, application)
    require_own_bank(row.bank)
    require_state(row, OPEN_APPLICATIONS, at)
    move(row, ApplicationState.WITHDRAWN, at)
    tell(events.APPLICATION_WITHDRAWN, row, actor=actor, at=at, text=_comment(reason))
    return row


@transaction.atomic
def comment_on(
    *, actor: Operator, application: Application | int, text: str, at: datetime | None = None
) -> ApplicationEvent:
    """Both sides read it. Keeps an open application from expiring."""
    at = at or timezone.now()
    if on_platform():
        if not any(actor.has_perm(each) for each in REVIEWS):
            require(actor, REVIEWS[0])
    else:
        require(actor, CHANGE)
    row = locked_row(application)
    require_state(row, OPEN_APPLICATIONS, at)
    said = _comment(text)
    if not said:
        raise ApplicationRefused(_("Write what you want to say."))
    Application.objects.filter(pk=row.pk).update(touched_at=at)
    return tell(events.APPLICATION_COMMENTED, row, actor=actor, at=at, text=said)


# --- parts that reviews and the clock use, too ---------------------------------------------------
def level_of(content: Content) -> Level:
    """The highest of the services asked for."""
    levels = {wanted.plan.version.service.level for wanted in content.services}
    return Level.A2 if Level.A2 in levels else Level.A1


def require_complete(row: Application, content: Content, at: datetime) -> None:
    """What was right when it was typed may be wrong by now: plans end, days pass."""
    problems = [*missing(content)]
    try:
        content.cleaned(at=at)
    except BadApplication as error:
        problems += [each for each in error.problems if each not in problems]
    kept = row.attachments.filter(removed_at=None, is_risk_assessment=True)
    if level_of(content) == Level.A2 and not kept.exists():
        problems.append(
            ("attachments", _("A2 services need a risk assessment: attach it and mark it as such."))
        )
    if row.client.state != "active":
        problems.append(("client", _("The client is closed: choose another one.")))
    if problems:
        raise BadApplication(problems)


def record_edit(
    row: Application, actor: Operator, at: datetime, was: dict[str, str], now: dict[str, str]
) -> None:
    if was != now:
        record(events.APPLICATION_EDITED, actor=actor, target=row, before=was, after=now, at=at)


def _require_client(client: Any, bank: Bank) -> None:
    """Another bank's client does not exist here."""
    if client.bank_id != bank.pk:
        raise UnknownApplication(_("There is no such client."))
    if client.state != "active":
        raise BadApplication([("client", _("The client is closed: choose another one."))])


def _set_services(row: Application, content: Content) -> None:
    row.services.all().delete()
    RequestedService.objects.bulk_create(
        RequestedService(application=row, plan=wanted.plan, scopes=list(wanted.scopes))
        for wanted in content.services
    )


def _comment(text: str) -> str:
    said = tidy(text)
    if len(said) > COMMENT_LENGTH:
        raise ApplicationRefused(_("At most %(most)s characters.") % {"most": COMMENT_LENGTH})
    return said
