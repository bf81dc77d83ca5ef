"""What the platform's people do: take an application up, and decide one step each.

One person decides one step, nobody decides on their own bank: said here in a sentence, under the
application's lock, and held by the database against whatever else may write.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from openapi_gateway.access import events
from openapi_gateway.access.choices import ApplicationState, ReviewStep, Verdict
from openapi_gateway.access.content import content_of
from openapi_gateway.access.errors import ApplicationRefused
from openapi_gateway.access.finding import locked_row, move, require_state
from openapi_gateway.access.grants import open_grant
from openapi_gateway.access.histories import tell
from openapi_gateway.access.models import Application, ReviewDecision
from openapi_gateway.access.people import person_columns, require_platform
from openapi_gateway.access.services import COMMENT_LENGTH, REVIEWS, require_complete
from openapi_gateway.choices import Environment, Level
from openapi_gateway.outbox.services import announce
from operators.permissions import require

if TYPE_CHECKING:
    from operators.models import Operator

OUTCOMES = {
    Verdict.APPROVED: (ApplicationState.APPROVED, events.APPLICATION_APPROVED),
    Verdict.RETURNED: (ApplicationState.RETURNED, events.APPLICATION_RETURNED),
    Verdict.REJECTED: (ApplicationState.REJECTED, events.APPLICATION_REJECTED),
}


@transaction.atomic
def take_up(
    *, actor: Operator, application: Application | int, at: datetime | None = None
) -> Application:
    at = at or timezone.now()
    if not any(actor.has_perm(each) for each in REVIEWS):
        require(actor, REVIEWS[0])
    row = locked_row(application)
    _require_other_bank(row)
    require_platform()
    require_state(row, (ApplicationState.SUBMITTED,), at)
    move(row, ApplicationState.IN_REVIEW, at)
    tell(events.APPLICATION_TAKEN_UP, row, actor=actor, at=at)
    return row


@transaction.atomic
def decide(
    *,
    actor: Operator,
    application: Application | int,
    step: str,
    verdict: str,
    comment: str = "",
    at: datetime | None = None,
) -> ReviewDecision:
    """The last approval that is needed opens the grant; one return or rejection is enough."""
    at = at or timezone.now()
    step, verdict = _known(step, verdict)
    require(actor, f"gateway_access.review_{step}")
    said = _said(comment, verdict)
    row = locked_row(application)
    _require_other_bank(row)
    require_platform()
    require_state(row, (ApplicationState.IN_REVIEW,), at)
    _require_undecided(row, actor, step)
    decision = ReviewDecision.objects.create(
        application=row, round=row.round, step=step, verdict=verdict, comment=said, at=at,
        applicant_schema=row.applicant_schema, **person_columns(actor, "reviewer"),
    )  # fmt: skip
    if verdict == Verdict.APPROVED and remaining_steps(row):
        Application.objects.filter(pk=row.pk).update(touched_at=at)
        tell(
            events.APPLICATION_STEP_PASSED, row, actor=actor, at=at, text=said,
            after={"step": step.value, "round": row.round},
        )  # fmt: skip
        return decision
    _conclude(row, actor, decision, at)
    return decision


def needed_steps(application: Application) -> tuple[ReviewStep, ...]:
    """A1 tells of products only; A2 touches people's data and funds."""
    if application.level == Level.A1:
        return (ReviewStep.TECHNICAL,)
    return (ReviewStep.TECHNICAL, ReviewStep.COMPLIANCE)


def decisions_of_round(application: Application) -> list[ReviewDecision]:
    return list(application.decisions.filter(round=application.round))


def remaining_steps(application: Application) -> list[ReviewStep]:
    passed = {each.step for each in decisions_of_round(application)}
    return [step for step in needed_steps(application) if step not in passed]


# --- parts ---------------------------------------------------------------------------------------
def _conclude(row: Application, actor: Operator, decision: ReviewDecision, at: datetime) -> None:
    state, event = OUTCOMES[Verdict(decision.verdict)]
    if state == ApplicationState.APPROVED:
        require_complete(row, content_of(row), at)
    before = {"state": row.state, "round": row.round}
    move(row, state, at, decided_at=at)
    tell(
        event, row, actor=actor, at=at, text=decision.comment, before=before,
        after={"state": row.state, "round": row.round, "step": decision.step},
    )  # fmt: skip
    announce(
        "application.decided", bank=row.bank, app_id=row.client.app_id,
        environment=Environment.SANDBOX, at=at,
        data={"application": str(row.uid), "state": row.state, "round": row.round},
    )  # fmt: skip
    if state == ApplicationState.APPROVED:
        open_grant(application=row, at=at)


def _known(step: str, verdict: str) -> tuple[ReviewStep, Verdict]:
    if step not in ReviewStep.values or verdict not in Verdict.values:
        raise ApplicationRefused(_("Choose a review and what you decide."))
    return ReviewStep(step), Verdict(verdict)


def _said(comment: str, verdict: Verdict) -> str:
    said = comment.replace("\x00", "").strip()
    if len(said) > COMMENT_LENGTH:
        raise ApplicationRefused(_("At most %(most)s characters.") % {"most": COMMENT_LENGTH})
    if verdict != Verdict.APPROVED and not said:
        raise ApplicationRefused(_("Say why: the bank reads it and acts on it."))
    return said


def _require_other_bank(row: Application) -> None:
    if current_schema() == row.applicant_schema:
        raise ApplicationRefused(_("Nobody reviews an application of their own bank."))


def _require_undecided(row: Application, actor: Operator, step: ReviewStep) -> None:
    if step not in needed_steps(row):
        raise ApplicationRefused(_("An A1 application needs no %(step)s.") % {"step": step.label})
    for decision in decisions_of_round(row):
        if decision.step == step:
            raise ApplicationRefused(
                _("%(person)s has decided this review already.")
                % {"person": decision.reviewer_name}
            )
        if (decision.reviewer_schema, decision.reviewer_id) == (current_schema(), actor.pk):
            raise ApplicationRefused(
                _("You decided the other review of this round: a second person is needed.")
            )
