from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from openapi_gateway.access import reviews
from openapi_gateway.access.errors import ApplicationRefused
from openapi_gateway.access.models import Application, ReviewDecision
from operators.choices import BankRole, PlatformRole
from operators.errors import NotAllowed
from operators.models import Operator
from tests.approvals.people import make_operator
from tests.openapi_gateway.access.applying import Cast, decide, in_review

BOTH = (PlatformRole.TECHNICAL_REVIEWER, PlatformRole.COMPLIANCE_REVIEWER)


@pytest.fixture
def both(cast: Cast) -> Operator:
    """Somebody who may do either review, and still only one of an application."""
    with cast.on_platform():
        cast.technical.groups.set(Group.objects.filter(name__in=BOTH))
        return Operator.objects.get(pk=cast.technical.pk)


def row(application: Application, **columns: Any) -> ReviewDecision:
    return ReviewDecision(
        **{
            "application": application, "round": application.round, "step": "technical",
            "verdict": "approved", "applicant_schema": application.applicant_schema,
            "reviewer_schema": "public", "reviewer_id": 1, "reviewer_name": "somebody",
            "at": timezone.now(), **columns,
        }
    )  # fmt: skip


def refused_by_the_database(*rows: ReviewDecision) -> str:
    with pytest.raises(IntegrityError) as refused:
        _insert(*rows)
    return str(refused.value)


@transaction.atomic
def _insert(*rows: ReviewDecision) -> None:
    for each in rows:
        each.save()
    connection.check_constraints()


def test_one_person_never_decides_both_reviews_of_a_round(cast: Cast, both: Operator) -> None:
    application = in_review(cast)
    decide(cast, application, "technical", actor=both)

    with pytest.raises(ApplicationRefused, match="second person"):
        decide(cast, application, "compliance", actor=both)

    assert Application.objects.get(pk=application.pk).state == "in_review"


def test_a_review_is_decided_once_in_a_round(cast: Cast) -> None:
    application = in_review(cast)
    decide(cast, application, "technical")

    with pytest.raises(ApplicationRefused, match="apply-tech"):
        decide(cast, application, "technical", "rejected")


def test_nobody_decides_on_their_own_bank(cast: Cast) -> None:
    application = in_review(cast)
    with cast.in_bank():
        insider = make_operator("insider", BankRole.MAKER)
        codes = ["review_technical", "review_compliance"]
        insider.groups.get().permissions.add(*Permission.objects.filter(codename__in=codes))
        for verb in (
            lambda: reviews.take_up(actor=insider, application=application.pk),
            lambda: reviews.decide(
                actor=insider, application=application.pk, step="technical", verdict="approved"
            ),
        ):
            with pytest.raises(ApplicationRefused, match="own bank"):
                verb()


def test_the_applicant_and_the_wrong_reviewer_cannot_decide(cast: Cast) -> None:
    application = in_review(cast)

    with cast.in_bank(), pytest.raises(NotAllowed):
        reviews.decide(
            actor=cast.maker, application=application.pk, step="technical", verdict="approved"
        )
    with pytest.raises(NotAllowed):
        decide(cast, application, "compliance", actor=cast.technical)
    with pytest.raises(NotAllowed):
        decide(cast, application, "technical", actor=cast.compliance)


@pytest.mark.parametrize("verdict", ["returned", "rejected"])
def test_a_refusal_says_why(cast: Cast, verdict: str) -> None:
    application = in_review(cast)

    with pytest.raises(ApplicationRefused):
        decide(cast, application, "technical", verdict, comment="  \x00 ")


@pytest.mark.parametrize(("step", "verdict"), [("both", "approved"), ("technical", "perhaps")])
def test_an_unknown_review_or_verdict_is_refused(cast: Cast, step: str, verdict: str) -> None:
    application = in_review(cast)

    with pytest.raises(ApplicationRefused):
        decide(cast, application, step, verdict)


def test_the_database_itself_refuses_one_person_twice(cast: Cast) -> None:
    application = in_review(cast)

    said = refused_by_the_database(row(application), row(application, step="compliance"))

    assert "gateway_access_two_people" in said


def test_the_database_itself_refuses_a_step_twice(cast: Cast) -> None:
    application = in_review(cast)

    said = refused_by_the_database(row(application), row(application, reviewer_id=2))

    assert "gateway_access_step_once" in said


def test_the_database_itself_refuses_somebody_of_the_bank(cast: Cast) -> None:
    application = in_review(cast)
    own = application.applicant_schema

    said = refused_by_the_database(row(application, reviewer_schema=own))
    assert "gateway_access_not_own_bank" in said

    # Nor does it help to name another applicant.
    said = refused_by_the_database(
        row(application, reviewer_schema=own, applicant_schema="b_elsewhere")
    )
    assert "gateway_access_decision_applicant" in said


def test_an_approval_upon_a_plan_that_has_ended_meanwhile_is_refused(cast: Cast) -> None:
    application = in_review(cast)
    decide(cast, application, "technical")
    application.services.get().plan.version.plans.update(state="deprecated")

    with pytest.raises(Exception, match="not offered"):
        decide(cast, application, "compliance")

    assert Application.objects.get(pk=application.pk).state == "in_review"
    assert not ReviewDecision.objects.filter(step="compliance").exists()
