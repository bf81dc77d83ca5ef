"""Decisions that really run at once, on rows that are really committed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.utils import timezone

from openapi_gateway.access import reviews, services
from openapi_gateway.access.errors import ApplicationRefused
from openapi_gateway.access.models import (
    Application,
    ApplicationEvent,
    Attachment,
    Grant,
    GrantedService,
    GrantEvent,
    RequestedService,
    ReviewDecision,
)
from openapi_gateway.credentials.models import Client
from openapi_gateway.outbox.models import Announcement
from operators.choices import PlatformRole
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.access.applying import Cast, cast_of, in_review

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = (PlatformRole.TECHNICAL_REVIEWER, PlatformRole.COMPLIANCE_REVIEWER)
MANY = 8
LEFT = (
    Announcement, GrantEvent, GrantedService, Grant, ReviewDecision, ApplicationEvent,
    Attachment, RequestedService, Application, Client,
)  # fmt: skip


@pytest.fixture
def racing() -> Iterator[Cast]:
    with racing_bank() as bank:
        yield cast_of(bank)
        # What refers to the bank goes before it.
        for model in LEFT:
            rows = model._base_manager.all()
            rows._raw_delete(rows.db)


def racers(count: int) -> list[Any]:
    found = [make_operator(f"racer-{number}", *BOTH) for number in range(count)]
    assert Group.objects.filter(name__in=BOTH).count() == 2
    return found


def deciding(application: Application, person: Any, step: str) -> Any:
    return lambda: reviews.decide(
        actor=person, application=application.pk, step=step, verdict="approved"
    )


def test_two_decisions_of_one_person_at_once_count_once(racing: Cast) -> None:
    application = in_review(racing)
    with racing.on_platform():
        (person,) = racers(1)
        steps = ["technical", "compliance"] * (MANY // 2)
        answers = at_once(platform(), *(deciding(application, person, step) for step in steps))

    assert len([each for each in answers if isinstance(each, ReviewDecision)]) == 1
    assert {type(each) for each in answers} == {ReviewDecision, ApplicationRefused}
    assert Application.objects.get(pk=application.pk).state == "in_review"
    assert not Grant.objects.filter(application=application).exists()


def test_two_decisions_on_one_step_at_once_count_once(racing: Cast) -> None:
    application = in_review(racing)
    with racing.on_platform():
        people = racers(MANY)
        answers = at_once(
            platform(), *(deciding(application, person, "technical") for person in people)
        )

    assert len([each for each in answers if isinstance(each, ReviewDecision)]) == 1
    assert {type(each) for each in answers} == {ReviewDecision, ApplicationRefused}


def test_both_last_approvals_at_once_open_one_grant(racing: Cast) -> None:
    application = in_review(racing)
    with racing.on_platform():
        people = racers(MANY)
        answers = at_once(
            platform(),
            *(
                deciding(application, person, ["technical", "compliance"][number % 2])
                for number, person in enumerate(people)
            ),
        )

    assert len([each for each in answers if isinstance(each, ReviewDecision)]) == 2
    assert Application.objects.get(pk=application.pk).state == "approved"
    assert Grant.objects.filter(application=application).count() == 1


def test_past_the_services_the_database_lets_one_of_two_through(racing: Cast) -> None:
    application = in_review(racing)

    def insert(step: str, person: int) -> Any:
        return lambda: ReviewDecision.objects.create(
            application=application, round=1, step=step, verdict="approved",
            applicant_schema=application.applicant_schema, reviewer_schema="public",
            reviewer_id=person, reviewer_name="somebody", at=timezone.now(),
        )  # fmt: skip

    same_person = at_once(platform(), insert("technical", 1), insert("compliance", 1))
    assert sorted(type(each).__name__ for each in same_person) == [
        "IntegrityError",
        "ReviewDecision",
    ]
    ReviewDecision.objects.all().delete()

    same_step = at_once(platform(), insert("technical", 1), insert("technical", 2))
    assert {type(each) for each in same_step} == {IntegrityError, ReviewDecision}


def test_a_withdrawal_and_a_last_approval_at_once_leave_one_of_the_two(racing: Cast) -> None:
    application = in_review(racing)
    with racing.on_platform():
        reviews.decide(
            actor=racing.technical, application=application.pk, step="technical",
            verdict="approved",
        )  # fmt: skip

    def withdraw() -> Any:
        with racing.in_bank():
            return services.withdraw_application(actor=racing.maker, application=application.pk)

    at_once(platform(), withdraw, deciding(application, racing.compliance, "compliance"))

    state = Application.objects.get(pk=application.pk).state
    has_grant = Grant.objects.filter(application=application).exists()
    assert (state, has_grant) in [("withdrawn", False), ("approved", True)]


def platform() -> Bank:
    return PLATFORM  # type: ignore[return-value]
