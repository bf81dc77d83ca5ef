from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from openapi_gateway.access import exits, grants, suspensions
from openapi_gateway.access.choices import GrantState, SuspendedBy, Suspension
from openapi_gateway.access.grant_errors import GrantRefused, UnknownGrant
from openapi_gateway.access.models import Application, Grant
from openapi_gateway.outbox.models import Announcement
from operators.errors import NotAllowed
from tests.openapi_gateway.access.granting import People, grant_of, people_of
from tests.openapi_gateway.making import a_partner

pytestmark = pytest.mark.django_db
S = GrantState


@pytest.fixture
def people(alpha: Any) -> People:
    return people_of(alpha)


def kinds(grant: Grant) -> list[str]:
    return list(grant.events.values_list("kind", flat=True))


def test_an_approved_application_gives_a_grant_of_what_was_asked_for(alpha: Any) -> None:
    model = grant_of(alpha, addresses={"production": ["203.0.113.0/24"]})
    application = model.application
    for each in model.services.all():
        application.services.create(plan=each.plan, scopes=each.scopes)
    Application.objects.filter(pk=application.pk).update(uid=application.uid)
    model.services.all().delete()
    model.delete()
    grant = grants.open_grant(application=application, at=timezone.now())
    assert grant.state == S.SANDBOX_ACTIVE
    assert grant.addresses == {"production": ["203.0.113.0/24"]}
    assert [each.scopes for each in grant.services.all()] == [
        each.scopes for each in application.services.all()
    ]
    assert kinds(grant) == ["opened"]
    assert Announcement.objects.get(app_id=grant.client.app_id).data["event"] == "opened"


def test_the_way_to_production(alpha: Any, people: People) -> None:
    grant = grant_of(alpha)
    with people.in_bank(), pytest.raises(GrantRefused):
        grants.request_production(actor=people.maker, grant=grant)
    assert grants.pass_conformance(grant_id=grant.pk, at=timezone.now())
    assert not grants.pass_conformance(grant_id=grant.pk, at=timezone.now())
    with people.on_platform(), pytest.raises(GrantRefused):
        grants.open_production(actor=people.technical, grant=grant)
    with people.in_bank():
        grants.request_production(actor=people.maker, grant=grant, note="ready")
    with people.on_platform():
        grants.return_production(actor=people.technical, grant=grant, reason="no alarm contact")
    with people.in_bank():
        grants.request_production(actor=people.maker, grant=grant)
    with people.on_platform():
        opened = grants.open_production(actor=people.technical, grant=grant)
    assert opened.state == S.PRODUCTION_ACTIVE
    assert opened.production_at is not None
    assert kinds(grant) == [
        "conformance_passed", "production_requested", "production_returned",
        "production_requested", "production_opened",
    ]  # fmt: skip
    told = Announcement.objects.filter(app_id=grant.client.app_id)
    assert set(
        told.filter(data__event="production_opened").values_list("environment", flat=True)
    ) == {"sandbox", "production"}
    assert AuditEvent.objects.filter(event="gateway.grant.production_opened").exists()


def test_production_is_refused_when_conformance_is_missing(alpha: Any, people: People) -> None:
    grant = grant_of(alpha)
    with people.on_platform(), pytest.raises(GrantRefused, match=r"conformance|一致性"):
        grants.open_production(actor=people.technical, grant=grant)


def test_only_the_right_people_move_a_grant(alpha: Any, beta: Any, people: People) -> None:
    grant = grant_of(alpha, S.CONFORMANCE_PASSED)
    others = people_of(beta)
    with others.in_bank(), pytest.raises(UnknownGrant):
        grants.request_production(actor=others.maker, grant=grant)
    with others.in_bank(), pytest.raises(UnknownGrant):
        suspensions.suspend_grant(
            actor=others.maker, grant=grant, scope=Suspension.ALL, reason="mine now"
        )
    with people.in_bank(), pytest.raises(NotAllowed):
        grants.request_production(actor=people.viewer, grant=grant)
    with people.in_bank():
        grants.request_production(actor=people.maker, grant=grant)
        with pytest.raises(NotAllowed):
            grants.open_production(actor=people.maker, grant=grant)
    with people.on_platform(), pytest.raises(NotAllowed):
        grants.open_production(actor=people.compliance, grant=grant)


def test_each_side_lifts_its_own_suspension_only(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    with people.in_bank():
        suspensions.suspend_grant(
            actor=people.maker, grant=grant, scope=Suspension.PRODUCTION, reason="release"
        )
    with people.on_platform():
        with pytest.raises(GrantRefused):
            suspensions.resume_grant(actor=people.technical, grant=grant)
        row = suspensions.suspend_grant(
            actor=people.technical, grant=grant, scope=Suspension.ALL, reason="abuse"
        )
    assert (row.suspension, row.suspended_by) == (Suspension.ALL, SuspendedBy.PLATFORM)
    with people.in_bank():
        row = suspensions.resume_grant(actor=people.maker, grant=grant)
        assert (row.suspension, row.suspended_by) == (Suspension.ALL, SuspendedBy.PLATFORM)
        with pytest.raises(GrantRefused):
            suspensions.resume_grant(actor=people.maker, grant=grant)
        suspensions.suspend_grant(
            actor=people.maker, grant=grant, scope=Suspension.PRODUCTION, reason="again"
        )
    with people.on_platform():
        row = suspensions.resume_grant(actor=people.technical, grant=grant)
    assert (row.suspension, row.suspended_by) == (Suspension.PRODUCTION, SuspendedBy.BANK)
    assert row.suspension_reason == "again"


def test_what_the_risk_engine_stopped_the_platform_lifts(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    suspensions.suspend_grant(
        actor=None, grant=grant, scope=Suspension.PRODUCTION, reason="replays", by=SuspendedBy.RISK
    )
    with people.in_bank(), pytest.raises(GrantRefused):
        suspensions.resume_grant(actor=people.maker, grant=grant)
    with people.in_bank(), pytest.raises(NotAllowed):
        suspensions.suspend_grant(
            actor=people.maker, grant=grant, scope=Suspension.ALL, reason="x",
            by=SuspendedBy.PLATFORM,
        )  # fmt: skip
    with people.on_platform():
        assert suspensions.resume_grant(actor=people.technical, grant=grant).suspension == ""


def test_a_suspended_grant_does_not_go_into_production(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_PENDING)
    with people.on_platform():
        suspensions.suspend_grant(
            actor=people.technical, grant=grant, scope=Suspension.PRODUCTION, reason="wait"
        )
        with pytest.raises(GrantRefused):
            grants.open_production(actor=people.technical, grant=grant)


def test_a_grant_ends_by_the_clock_and_is_told_of_once(alpha: Any, people: People) -> None:
    day = timezone.localdate()
    grant = grant_of(
        alpha, S.CONFORMANCE_PASSED, starts_on=day - timedelta(days=9),
        ends_on=day - timedelta(days=1),
    )  # fmt: skip
    with people.in_bank(), pytest.raises(GrantRefused):
        grants.request_production(actor=people.maker, grant=grant)
    assert not grants.pass_conformance(grant_id=grant.pk, at=timezone.now())
    assert grants.expire_grants(timezone.now()) == 1
    assert grants.expire_grants(timezone.now()) == 0
    grant.refresh_from_db()
    assert grant.state == S.EXPIRED
    assert kinds(grant) == ["expired"]


def test_the_last_day_of_a_grant_counts(alpha: Any, people: People) -> None:
    day = timezone.localdate()
    grant = grant_of(alpha, S.CONFORMANCE_PASSED, starts_on=day - timedelta(days=9), ends_on=day)
    assert grants.expire_grants(timezone.now()) == 0
    with people.in_bank():
        grants.request_production(actor=people.maker, grant=grant)


def test_a_grant_ends_step_by_step_with_a_certificate(alpha: Any, people: People) -> None:
    grant = grant_of(
        alpha, S.PRODUCTION_ACTIVE, callback_urls={"production": ["https://a.example/cb"]}
    )
    key = a_partner(grant.client)
    with people.in_bank():
        begun = exits.begin_termination(actor=people.maker, grant=grant, reason="product ends")
        assert begun.suspension == Suspension.ALL
        with pytest.raises(GrantRefused):
            suspensions.resume_grant(actor=people.maker, grant=grant)
        with pytest.raises(GrantRefused, match=key.key_id):
            exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.KEYS, note="")
        grant.client.keys.update(state="revoked")
        exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.KEYS, note="")
        exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.CALLBACKS, note="")
        with pytest.raises(GrantRefused):
            exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.DATA, note=" ")
    with people.on_platform():
        with pytest.raises(GrantRefused):
            exits.terminate_grant(actor=people.technical, grant=grant)
        exits.tick_exit_step(
            actor=people.technical, grant=grant, step=exits.DATA, note="openids wiped 11-20"
        )
    with people.in_bank(), pytest.raises(NotAllowed):
        exits.terminate_grant(actor=people.maker, grant=grant)
    with people.on_platform():
        ended = exits.terminate_grant(actor=people.technical, grant=grant)
        with pytest.raises(GrantRefused):
            exits.terminate_grant(actor=people.technical, grant=grant)
    assert ended.state == S.TERMINATED
    assert ended.callback_urls == {}
    ended.refresh_from_db()
    certificate = ended.exit_checklist["certificate"]
    assert certificate["sha256"] == exits.digest_of(certificate["content"])
    assert certificate["content"]["app_id"] == grant.client.app_id


def test_keys_that_another_grant_lives_on_may_stay(alpha: Any, people: People) -> None:
    from tests.openapi_gateway.making import a_grant

    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    a_partner(grant.client)
    a_grant(grant.client, ("products",))
    with people.in_bank():
        exits.begin_termination(actor=people.maker, grant=grant, reason="smaller")
        exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.KEYS, note="")


def test_a_termination_is_called_off_before_its_first_step(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    with people.in_bank():
        suspensions.suspend_grant(
            actor=people.maker, grant=grant, scope=Suspension.PRODUCTION, reason="release"
        )
        exits.begin_termination(actor=people.maker, grant=grant, reason="mistake")
    with people.on_platform(), pytest.raises(GrantRefused):
        exits.call_off_termination(actor=people.technical, grant=grant)
    with people.in_bank():
        row = exits.call_off_termination(actor=people.maker, grant=grant)
        assert (row.suspension, row.suspended_by) == (Suspension.PRODUCTION, SuspendedBy.BANK)
        exits.begin_termination(actor=people.maker, grant=grant, reason="now")
        exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.CALLBACKS, note="")
        with pytest.raises(GrantRefused):
            exits.call_off_termination(actor=people.maker, grant=grant)


def test_callback_addresses_are_disabled_before_their_step_is_ticked(
    alpha: Any, people: People
) -> None:
    from openapi_gateway.webhooks.models import Endpoint

    url = "https://a.example/cb"
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE, callback_urls={"production": [url]})
    endpoint = Endpoint.objects.create(
        client=grant.client, environment="production", url=url, secret=b"x", created_by="test",
        created_at=timezone.now(),
    )  # fmt: skip
    with people.in_bank():
        exits.begin_termination(actor=people.maker, grant=grant, reason="ends")
        with pytest.raises(GrantRefused, match=url):
            exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.CALLBACKS, note="")
        Endpoint.objects.filter(pk=endpoint.pk).update(state="disabled")
        exits.tick_exit_step(actor=people.maker, grant=grant, step=exits.CALLBACKS, note="")


def test_what_was_asked_for_the_sandbox_alone_never_goes_into_production(
    alpha: Any, people: People
) -> None:
    """Nobody named the addresses of its callers: production would be open to the whole world."""
    asked, pending = grant_of(alpha, S.CONFORMANCE_PASSED), grant_of(alpha, S.PRODUCTION_PENDING)
    Application.objects.update(environments=["sandbox"])
    with people.in_bank(), pytest.raises(GrantRefused, match="sandbox alone"):
        grants.request_production(actor=people.maker, grant=asked.pk)
    with people.on_platform(), pytest.raises(GrantRefused, match="sandbox alone"):
        grants.open_production(actor=people.technical, grant=pending.pk)
    states = Grant.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [S.CONFORMANCE_PASSED, S.PRODUCTION_PENDING]
