"""Everything about one application on one page, for either side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from openapi_gateway.access.choices import (
    EDITABLE_APPLICATIONS,
    OPEN_APPLICATIONS,
    ApplicationState,
    ContactRole,
    ReviewStep,
    Verdict,
)
from openapi_gateway.access.content import content_of
from openapi_gateway.access.errors import BadApplication
from openapi_gateway.access.finding import IDLE, standing_of
from openapi_gateway.access.histories import KINDS
from openapi_gateway.access.models import Scope
from openapi_gateway.access.people import on_platform
from openapi_gateway.access.reviews import needed_steps
from openapi_gateway.access.services import CHANGE, REVIEWS, SUBMIT, require_complete
from openapi_gateway.access.snapshots import Line, shown
from openapi_gateway.choices import Environment
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from openapi_gateway.access.content import Content
    from openapi_gateway.access.models import Application, ApplicationEvent, Attachment
    from operators.models import Operator

STATE_COLOURS = {
    ApplicationState.DRAFT: "", ApplicationState.SUBMITTED: "info",
    ApplicationState.IN_REVIEW: "info", ApplicationState.RETURNED: "warning",
    ApplicationState.APPROVED: "success", ApplicationState.REJECTED: "danger",
    ApplicationState.WITHDRAWN: "", ApplicationState.EXPIRED: "",
}  # fmt: skip
VERDICT_COLOURS = {
    Verdict.APPROVED: "success", Verdict.RETURNED: "warning", Verdict.REJECTED: "danger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    step: ReviewStep
    decision: Any
    colour: str


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the history."""

    row: ApplicationEvent
    label: str | Promise
    colour: str
    side: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class ShownApplication:
    row: Application
    content: Content
    standing: ApplicationState
    colour: str
    services: list[dict[str, Any]]
    places: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    attachments: list[Attachment]
    steps: list[Step]
    history: list[Told]
    changes: list[Line]
    expires_at: datetime | None
    lacking: list[str]
    returned: Any
    may_edit: bool
    may_submit: bool
    may_withdraw: bool
    may_comment: bool
    may_take_up: bool
    # The steps that this person could decide now.
    may_decide: list[ReviewStep]


def shown_application(row: Application, operator: Operator, at: datetime) -> ShownApplication:
    content = content_of(row)
    standing = standing_of(row, at)
    decisions = list(row.decisions.all())
    history = [_told(each) for each in row.events.order_by("id")]
    is_editable = standing in EDITABLE_APPLICATIONS and not on_platform()
    submissions = [each for each in history if each.row.kind == "submitted"]
    is_open = standing in OPEN_APPLICATIONS
    writes = not on_platform() and operator.has_perm(CHANGE)
    reviews = on_platform() and any(operator.has_perm(each) for each in REVIEWS)
    return ShownApplication(
        row=row,
        content=content,
        standing=standing,
        colour=STATE_COLOURS[standing],
        services=_services(content),
        places=_places(content),
        contacts=[{**each, "label": ContactRole(each["role"]).label} for each in content.contacts],
        attachments=list(row.attachments.order_by("removed_at", "id")),
        steps=_steps(row, decisions),
        history=history[::-1],
        changes=submissions[-1].lines if submissions else [],
        expires_at=row.touched_at + IDLE if is_open else None,
        lacking=_lacking(row, content, at) if is_editable else [],
        returned=next(
            (each for each in reversed(decisions)
             if each.verdict == Verdict.RETURNED and standing == ApplicationState.RETURNED), None,
        ),
        may_edit=is_editable and writes,
        may_submit=is_editable and operator.has_perm(SUBMIT),
        may_withdraw=is_open and not on_platform() and operator.has_perm(SUBMIT),
        may_comment=is_open and (writes or reviews),
        may_take_up=reviews and standing == ApplicationState.SUBMITTED,
        may_decide=_decidable(row, operator, decisions, standing) if reviews else [],
    )  # fmt: skip


def expires_soon(shown: ShownApplication, at: datetime) -> bool:
    return shown.expires_at is not None and shown.expires_at - at < timedelta(days=7)


def _lacking(row: Application, content: Content, at: datetime) -> list[str]:
    try:
        require_complete(row, content, at)
    except BadApplication as error:
        return list(dict.fromkeys(str(sentence) for _field, sentence in error.problems))
    return []


def _services(content: Content) -> list[dict[str, Any]]:
    codes = [code for wanted in content.services for code in wanted.scopes]
    scopes = {each.code: each for each in Scope.objects.filter(code__in=codes)}
    return [
        {
            "plan": wanted.plan,
            "service": wanted.plan.version.service,
            "version": wanted.plan.version.version,
            "scopes": [scopes[code] for code in wanted.scopes if code in scopes],
        }
        for wanted in content.services
    ]


def _places(content: Content) -> list[dict[str, Any]]:
    return [
        {
            "label": Environment(each).label,
            "addresses": content.addresses.get(each, []),
            "callbacks": content.callback_urls.get(each, []),
        }
        for each in content.environments
    ]


def _steps(row: Application, decisions: list[Any]) -> list[Step]:
    ours = {each.step: each for each in decisions if each.round == row.round}
    return [
        Step(
            step,
            ours.get(step),
            VERDICT_COLOURS[Verdict(ours[step].verdict)] if step in ours else "",
        )
        for step in needed_steps(row)
    ]


def _told(row: ApplicationEvent) -> Told:
    label, colour = KINDS.get(row.kind, (row.kind, ""))
    side = "platform" if row.person_schema == PLATFORM.schema_name else "bank"
    return Told(row, label, colour, side if row.person_schema else "", shown(row.changes))


def _decidable(
    row: Application, operator: Operator, decisions: list[Any], standing: ApplicationState
) -> list[ReviewStep]:
    if standing != ApplicationState.IN_REVIEW:
        return []
    ours = [each for each in decisions if each.round == row.round]
    if any(
        (each.reviewer_schema, each.reviewer_id) == (PLATFORM.schema_name, operator.pk)
        for each in ours
    ):
        return []
    done = {each.step for each in ours}
    return [
        step
        for step in needed_steps(row)
        if step not in done and operator.has_perm(f"gateway_access.review_{step}")
    ]
