from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.access import exits, grants, suspensions
from openapi_gateway.access.choices import GrantState, Suspension
from openapi_gateway.access.grant_errors import GrantRefused
from openapi_gateway.access.models import Grant, GrantEvent
from operators.choices import PlatformRole
from operators.models import Operator
from tenants.models import Bank
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.approvals.racing import at_once
from tests.openapi_gateway.access.granting import grant_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bank(transactional_db: None) -> Bank:
    """A row is enough: the platform's people act in the public schema."""
    connection.set_schema_to_public()
    row = Bank(slug="granting", schema_name="granting", name="Granting Bank")
    row.auto_create_schema = False
    row.save()
    return row


@pytest.fixture
def reviewer() -> Operator:
    with tenant_context(PLATFORM):
        return make_operator("racing-tech", PlatformRole.TECHNICAL_REVIEWER)


def test_of_many_who_open_production_at_once_one_does(bank: Any, reviewer: Operator) -> None:
    grant = grant_of(bank, GrantState.PRODUCTION_PENDING)
    done = at_once(PLATFORM, *[lambda: grants.open_production(actor=reviewer, grant=grant.pk)] * 8)
    assert sum(isinstance(each, Grant) for each in done) == 1
    assert sum(isinstance(each, GrantRefused) for each in done) == 7
    assert GrantEvent.objects.filter(grant=grant, kind="production_opened").count() == 1


def test_suspending_and_opening_at_once_never_leaves_an_open_grant(
    bank: Any, reviewer: Operator
) -> None:
    for _round in range(6):
        grant = grant_of(bank, GrantState.PRODUCTION_PENDING)
        opened, suspended = at_once(
            PLATFORM,
            lambda grant=grant: grants.open_production(actor=reviewer, grant=grant.pk),
            lambda grant=grant: suspensions.suspend_grant(
                actor=reviewer, grant=grant.pk, scope=Suspension.PRODUCTION, reason="abuse"
            ),
        )
        assert isinstance(suspended, Grant), suspended
        grant.refresh_from_db()
        assert grant.suspension == Suspension.PRODUCTION
        is_open = grant.state == GrantState.PRODUCTION_ACTIVE
        assert isinstance(opened, Grant) == is_open
        assert isinstance(opened, GrantRefused) != is_open


def test_of_many_who_terminate_at_once_one_issues_the_certificate(
    bank: Any, reviewer: Operator
) -> None:
    grant = grant_of(bank, GrantState.PRODUCTION_ACTIVE)
    exits.begin_termination(actor=reviewer, grant=grant, reason="ends")
    ticks = at_once(
        PLATFORM,
        *[
            lambda: exits.tick_exit_step(
                actor=reviewer, grant=grant.pk, step=exits.CALLBACKS, note=""
            )
        ]
        * 4,
    )
    assert sum(isinstance(each, Grant) for each in ticks) == 1
    for step in (exits.KEYS, exits.DATA):
        exits.tick_exit_step(actor=reviewer, grant=grant, step=step, note="done")
    done = at_once(PLATFORM, *[lambda: exits.terminate_grant(actor=reviewer, grant=grant.pk)] * 6)
    assert sum(isinstance(each, Grant) for each in done) == 1
    events = AuditEvent.objects.filter(event="gateway.grant.terminated", target_id=str(grant.pk))
    assert events.count() == 1
    assert GrantEvent.objects.filter(grant=grant, kind="terminated").count() == 1
