from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.access import attachments, reviews, services
from openapi_gateway.access.choices import ApplicationState
from openapi_gateway.access.errors import ApplicationRefused, BadApplication, UnknownApplication
from openapi_gateway.access.expiry import expire_idle
from openapi_gateway.access.finding import IDLE
from openapi_gateway.access.models import Application, ApplicationEvent
from openapi_gateway.outbox.models import Announcement
from operators.choices import BankRole, PlatformRole
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.openapi_gateway.access.applying import (
    Cast,
    a1,
    attach,
    begun,
    client_of,
    decide,
    fields,
    in_review,
    submit,
    submitted,
)

OPEN_STATES = ["draft", "submitted", "in_review", "returned"]


def state_of(application: Application) -> str:
    return Application.objects.get(pk=application.pk).state


def taken_to(cast: Cast, state: str) -> Application:
    if state == "draft":
        application = begun(cast)
        attach(cast, application)
        return application
    if state == "submitted":
        return submitted(cast)
    application = in_review(cast)
    ends = {"returned": ("technical", "returned"), "rejected": ("technical", "rejected")}
    if state in ends:
        decide(cast, application, *ends[state])
    if state == "approved":
        decide(cast, application, "technical")
        decide(cast, application, "compliance")
    if state == "withdrawn":
        with cast.in_bank():
            services.withdraw_application(actor=cast.maker, application=application.pk)
    return application


def test_an_application_goes_from_draft_to_a_grant_through_two_people(cast: Cast) -> None:
    application = in_review(cast)

    decide(cast, application, "compliance")
    assert state_of(application) == "in_review"
    decide(cast, application, "technical")

    application.refresh_from_db()
    assert application.state == "approved"
    assert application.grant.starts_on == application.starts_on
    assert [each.scopes for each in application.grant.services.all()] == [["identity.login"]]


def test_an_a1_application_needs_the_technical_review_alone(cast: Cast) -> None:
    application = begun(cast, a1())
    submit(cast, application)
    with cast.on_platform():
        reviews.take_up(actor=cast.technical, application=application.pk)

    with pytest.raises(ApplicationRefused):
        decide(cast, application, "compliance")
    decide(cast, application, "technical")

    assert state_of(application) == "approved"


def test_what_is_returned_comes_again_as_another_round_and_says_what_changed(cast: Cast) -> None:
    application = in_review(cast)
    decide(cast, application, "technical")
    decide(cast, application, "compliance", "returned", comment="Say more.")
    changed = fields(purpose="Sign customers in to our shop and to nothing else.")

    with cast.in_bank():
        services.edit_application(
            actor=cast.maker, application=application.pk, client=application.client, **changed
        )
    submit(cast, application)

    application.refresh_from_db()
    assert (application.state, application.round) == ("submitted", 2)
    last = ApplicationEvent.objects.filter(application=application, kind="submitted").last()
    assert [each["field"] for each in last.changes] == ["purpose"]
    assert reviews.remaining_steps(application) == ["technical", "compliance"]


def test_the_partner_is_told_of_every_decision_but_not_of_half_of_one(cast: Cast) -> None:
    application = in_review(cast)
    told = Announcement.objects.filter(kind="application.decided")

    decide(cast, application, "technical")
    assert not told.exists()
    decide(cast, application, "compliance", "rejected")

    assert [each.data["state"] for each in told] == ["rejected"]


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        ("edit", {"draft", "returned"}),
        ("submit", {"draft", "returned"}),
        ("attach", {"draft", "returned"}),
        ("withdraw", set(OPEN_STATES)),
        ("comment", set(OPEN_STATES)),
        ("take_up", {"submitted"}),
        ("decide", {"in_review"}),
    ],
)
@pytest.mark.parametrize("state", ApplicationState.values[:-1])
def test_every_step_follows_only_from_its_own_states(
    cast: Cast, state: str, step: str, allowed: set[str]
) -> None:
    application = taken_to(cast, state)
    if state == "draft" and step in ("take_up", "decide"):
        pytest.skip("the platform does not even see it")
    before = state_of(application)

    if state in allowed:
        take(cast, application, step)
    else:
        with pytest.raises(ApplicationRefused):
            take(cast, application, step)
        assert state_of(application) == before


def take(cast: Cast, application: Application, step: str) -> None:
    key = application.pk
    if step in ("take_up", "decide"):
        if step == "decide":
            decide(cast, application, "technical")
            return
        with cast.on_platform():
            reviews.take_up(actor=cast.technical, application=key)
        return
    with cast.in_bank():
        actor = cast.maker
        if step == "edit":
            services.edit_application(
                actor=actor, application=key, client=application.client, **fields()
            )
        elif step == "submit":
            services.submit_application(actor=actor, application=key)
        elif step == "attach":
            attach(cast, application, name="other.pdf", content=b"%PDF-1.4 other")
        elif step == "withdraw":
            services.withdraw_application(actor=actor, application=key)
        else:
            services.comment_on(actor=actor, application=key, text="hello")


def test_the_platform_does_not_see_a_draft(cast: Cast) -> None:
    application = begun(cast)

    with cast.on_platform(), pytest.raises(UnknownApplication):
        reviews.take_up(actor=cast.technical, application=application.pk)


@pytest.mark.parametrize("state", OPEN_STATES)
def test_an_application_that_nobody_touches_expires_by_the_clock(cast: Cast, state: str) -> None:
    application = taken_to(cast, state)
    application.refresh_from_db()
    late = application.touched_at + IDLE

    with cast.in_bank(), pytest.raises(ApplicationRefused, match="30"):
        services.withdraw_application(actor=cast.maker, application=application.pk, at=late)
    assert expire_idle(late - timedelta(seconds=1)) == 0
    assert (expire_idle(late), expire_idle(late)) == (1, 0)

    assert state_of(application) == "expired"
    assert ApplicationEvent.objects.filter(application=application, kind="expired").count() == 1


def test_what_is_decided_never_expires(cast: Cast) -> None:
    application = taken_to(cast, "approved")

    expire_idle(timezone.now() + 10 * IDLE)

    assert state_of(application) == "approved"


def test_a_comment_of_either_side_keeps_it_alive(cast: Cast) -> None:
    application = taken_to(cast, "submitted")
    application.refresh_from_db()
    late = application.touched_at + timedelta(days=29)

    with cast.on_platform():
        services.comment_on(
            actor=cast.compliance, application=application.pk, text="Soon.", at=late
        )

    assert expire_idle(late + timedelta(days=2)) == 0


def test_another_banks_application_client_and_attachment_do_not_exist(
    cast: Cast, beta: Any
) -> None:
    application = begun(cast)
    attached = attach(cast, application)
    with tenant_context(beta):
        stranger = make_operator("stranger", BankRole.MAKER)
        theirs = {"actor": stranger, "application": application.pk}
        for step in (services.submit_application, services.withdraw_application):
            with pytest.raises(UnknownApplication):
                step(**theirs)
        with pytest.raises(UnknownApplication):
            services.comment_on(**theirs, text="hello")
        with pytest.raises(UnknownApplication):
            services.edit_application(**theirs, **fields())
        with pytest.raises(UnknownApplication):
            attachments.fetch_attachment(**theirs, uid=attached.uid)
        with pytest.raises(UnknownApplication):
            attachments.remove_attachment(**theirs, uid=attached.uid)
        with pytest.raises(UnknownApplication):
            services.begin_application(
                actor=stranger, bank=beta, client=application.client, **fields()
            )
        with pytest.raises(NotAllowed):
            services.begin_application(
                actor=stranger, bank=cast.bank, client=application.client, **fields()
            )


def test_nobody_of_the_platform_writes_an_application(cast: Cast) -> None:
    application = taken_to(cast, "returned")
    with cast.on_platform():
        for role in PlatformRole.values:
            person = make_operator(f"all-{role}", role)
            with pytest.raises(NotAllowed):
                services.begin_application(
                    actor=person, bank=cast.bank, client=client_of(cast.bank), **fields()
                )
            with pytest.raises(NotAllowed):
                services.edit_application(actor=person, application=application.pk, **fields())
            with pytest.raises(NotAllowed):
                services.submit_application(actor=person, application=application.pk)


def test_auditor_and_viewer_change_nothing(cast: Cast) -> None:
    application = taken_to(cast, "in_review")
    with cast.on_platform():
        auditor = make_operator("the-auditor", PlatformRole.AUDITOR)
        for verb in (
            lambda: reviews.decide(
                actor=auditor, application=application.pk, step="technical", verdict="approved"
            ),
            lambda: reviews.take_up(actor=auditor, application=application.pk),
            lambda: services.comment_on(actor=auditor, application=application.pk, text="x"),
        ):
            with pytest.raises(NotAllowed):
                verb()
    with cast.in_bank():
        viewer = make_operator("the-viewer", BankRole.VIEWER)
        with pytest.raises(NotAllowed):
            services.comment_on(actor=viewer, application=application.pk, text="x")
        with pytest.raises(NotAllowed):
            services.withdraw_application(actor=viewer, application=application.pk)


def test_every_step_stands_in_the_trail_of_those_who_took_it(cast: Cast) -> None:
    application = in_review(cast)
    decide(cast, application, "technical", "returned")

    def trail() -> set[str]:
        rows = AuditEvent.objects.filter(event__startswith="gateway.application.")
        return set(rows.values_list("event", flat=True))

    with cast.in_bank():
        assert trail() == {
            "gateway.application.begun", "gateway.application.attachment_added",
            "gateway.application.submitted",
        }  # fmt: skip
    with cast.on_platform():
        assert trail() == {"gateway.application.taken_up", "gateway.application.returned"}


def test_an_edit_upon_an_older_form_is_refused(cast: Cast) -> None:
    application = begun(cast)
    with cast.in_bank():
        again = {"actor": cast.maker, "application": application.pk, "version": 1}
        services.edit_application(**again, **fields(purpose="first"))
        with pytest.raises(ApplicationRefused):
            services.edit_application(**again, **fields(purpose="second"))

    assert Application.objects.get(pk=application.pk).purpose == "first"


def test_a2_is_not_submitted_without_a_risk_assessment(cast: Cast) -> None:
    application = begun(cast)
    attach(cast, application, is_risk_assessment=False)

    with pytest.raises(BadApplication) as refused:
        submit(cast, application)

    assert [field for field, _sentence in refused.value.problems] == ["attachments"]


def test_a_half_written_draft_is_kept_and_told_everything_that_it_lacks(cast: Cast) -> None:
    application = begun(
        cast, purpose="", scenes=[], services=[], addresses={}, contacts=[], data_levels=[]
    )

    with pytest.raises(BadApplication) as refused:
        submit(cast, application)

    lacking = [field for field, _sentence in refused.value.problems]
    assert lacking == ["purpose", "scenes", "services", "addresses", "contacts", "contacts"]
