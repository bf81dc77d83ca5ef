from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from openapi_gateway.access import exits, grants, suspensions
from openapi_gateway.access.choices import GrantState, Suspension
from openapi_gateway.access.models import Grant
from openapi_gateway.conformance import runs
from openapi_gateway.conformance.models import Run
from tenants.platform import PLATFORM
from tests.openapi_gateway.access.granting import People, grant_of, people_of
from tests.openapi_gateway.access.test_pages import browser

pytestmark = pytest.mark.django_db
LIST, RUNS = "/admin/gateway_access/grant/", "/admin/gateway_conformance/run/"
S = GrantState
# As the dialogs send it.
SENT = {"_form_submitted": "on"}


@pytest.fixture
def people(alpha: Any) -> People:
    return people_of(alpha)


def state_of(grant: Grant) -> tuple[str, str]:
    grant.refresh_from_db()
    return grant.state, grant.suspension


def test_a_grant_goes_from_page_to_page_into_production(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.CONFORMANCE_PASSED)
    ours, platform = browser(alpha, people.maker), browser(PLATFORM, people.technical)
    assert grant.client.name in ours.get(LIST).content.decode()
    assert ours.get(f"{LIST}{grant.pk}/change/").status_code == 200
    answer = ours.post(f"{LIST}{grant.pk}/ask-production/", {**SENT, "note": "ready"})
    assert answer.status_code == 302
    assert state_of(grant) == (S.PRODUCTION_PENDING, "")
    page = platform.get(f"{LIST}{grant.pk}/change/").content.decode()
    assert "open-production" in page
    assert "return-production" in page
    platform.post(f"{LIST}{grant.pk}/open-production/", {**SENT, "note": ""})
    assert state_of(grant) == (S.PRODUCTION_ACTIVE, "")
    ours.post(
        f"{LIST}{grant.pk}/suspend/", {**SENT, "scope": Suspension.PRODUCTION, "reason": "release"}
    )
    assert state_of(grant) == (S.PRODUCTION_ACTIVE, Suspension.PRODUCTION)
    ours.post(f"{LIST}{grant.pk}/resume/", {**SENT, "reason": "released"})
    assert state_of(grant) == (S.PRODUCTION_ACTIVE, "")


def test_a_viewer_reads_and_does_nothing(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.CONFORMANCE_PASSED)
    viewer = browser(alpha, people.viewer)
    page = viewer.get(f"{LIST}{grant.pk}/change/").content.decode()
    for verb in ("ask-production", "suspend", "begin-exit"):
        assert f"{grant.pk}/{verb}" not in page
        answer = viewer.post(f"{LIST}{grant.pk}/{verb}/", {**SENT, "reason": "x", "scope": "all"})
        assert answer.status_code == 403
    assert viewer.get(f"{RUNS}add/").status_code == 403
    assert state_of(grant) == (S.CONFORMANCE_PASSED, "")


def test_another_banks_grants_and_runs_are_not_there(alpha: Any, beta: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    with tenant_context(alpha):
        run = runs.start_run(actor=people.maker, client=grant.client)
    theirs = browser(beta, people_of(beta).maker)
    assert grant.client.name not in theirs.get(LIST).content.decode()
    for path in (
        f"{LIST}{grant.pk}/change/", f"{LIST}{grant.pk}/certificate/", f"{RUNS}{run.pk}/change/",
    ):  # fmt: skip
        assert theirs.get(path).status_code in (302, 404), path
    for path in (f"{LIST}{grant.pk}/suspend/", f"{RUNS}{run.pk}/finish/"):
        answer = theirs.post(path, {**SENT, "scope": "all", "reason": "x"})
        assert answer.status_code in (403, 404), path
    added = theirs.post(f"{RUNS}add/", {"client": grant.client_id})
    assert added.status_code == 200
    assert Run.objects.count() == 1
    assert state_of(grant) == (S.PRODUCTION_ACTIVE, "")


def test_the_exit_is_walked_on_the_pages_and_leaves_a_certificate(
    alpha: Any, people: People
) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    ours, platform = browser(alpha, people.maker), browser(PLATFORM, people.technical)
    assert ours.get(f"{LIST}{grant.pk}/certificate/").status_code == 404
    ours.post(f"{LIST}{grant.pk}/begin-exit/", {**SENT, "reason": "product ends"})
    for step in exits.STEPS:
        ours.post(f"{LIST}{grant.pk}/tick/", {**SENT, "step": step, "note": "done on 20 November"})
    platform.post(f"{LIST}{grant.pk}/terminate/", {**SENT})
    assert state_of(grant)[0] == S.TERMINATED
    digest = grant.exit_checklist["certificate"]["sha256"]
    for visitor in (ours, platform):
        page = visitor.get(f"{LIST}{grant.pk}/certificate/").content.decode()
        assert digest in page
        assert "fx-refusal" not in page


def test_a_changed_certificate_is_told_apart(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    with people.on_platform():
        exits.begin_termination(actor=people.technical, grant=grant, reason="ends")
        for step in exits.STEPS:
            exits.tick_exit_step(actor=people.technical, grant=grant, step=step, note="done")
        exits.terminate_grant(actor=people.technical, grant=grant)
    grant.refresh_from_db()
    grant.exit_checklist["certificate"]["content"]["closed_by"] = "somebody else"
    Grant.objects.filter(pk=grant.pk).update(exit_checklist=grant.exit_checklist)
    platform = browser(PLATFORM, people.technical)
    assert "fx-refusal" in platform.get(f"{LIST}{grant.pk}/certificate/").content.decode()


def test_a_refusal_is_shown_in_the_dialog(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.PRODUCTION_ACTIVE)
    ours = browser(alpha, people.maker)
    ours.post(f"{LIST}{grant.pk}/begin-exit/", {**SENT, "reason": "product ends"})
    answer = ours.post(f"{LIST}{grant.pk}/tick/", {**SENT, "step": exits.DATA, "note": ""})
    assert answer.status_code == 200
    grant.refresh_from_db()
    assert exits.DATA not in grant.exit_checklist


def test_a_run_is_started_watched_and_finished_on_the_pages(alpha: Any, people: People) -> None:
    grant = grant_of(alpha)
    ours, platform = browser(alpha, people.maker), browser(PLATFORM, people.technical)
    answer = ours.post(f"{RUNS}add/", {"client": grant.client_id})
    run = Run.objects.get(client=grant.client)
    assert answer.headers["Location"].endswith(f"{RUNS}{run.pk}/change/")
    page = ours.get(f"{RUNS}{run.pk}/change/").content.decode()
    assert run.run_id in page
    assert "hx-trigger" in page
    ours.post(f"{RUNS}{run.pk}/finish/", {**SENT})
    run.refresh_from_db()
    assert run.state == "failed"
    for visitor in (ours, platform):
        page = visitor.get(f"{RUNS}{run.pk}/change/").content.decode()
        assert page.count('<tr class="fx-case-') == 22
        assert 'hx-trigger="every' not in page
        assert visitor.get(RUNS).status_code == 200
        assert visitor.get(f"{LIST}{grant.pk}/change/").status_code == 200


def test_every_stand_of_a_grant_has_a_page(alpha: Any, people: People) -> None:
    ours, platform = browser(alpha, people.maker), browser(PLATFORM, people.technical)
    for state in GrantState:
        grant = grant_of(alpha, state)
        if state in grants.OPEN:
            with people.on_platform():
                suspensions.suspend_grant(
                    actor=people.technical, grant=grant, scope=Suspension.ALL, reason="abuse"
                )
        for visitor in (ours, platform):
            assert visitor.get(f"{LIST}{grant.pk}/change/").status_code == 200, state
    for visitor in (ours, platform):
        for tab in ("all", "sandbox", "asked", "open", "suspended", "ending", "over"):
            assert visitor.get(f"{LIST}?tab={tab}").status_code == 200


def test_a_grant_for_the_sandbox_alone_is_not_led_on(alpha: Any, people: People) -> None:
    grant = grant_of(alpha, S.CONFORMANCE_PASSED)
    type(grant.application).objects.update(environments=["sandbox"])
    ours = browser(alpha, people.maker)
    page = ours.get(f"{LIST}{grant.pk}/change/").content.decode()
    assert "ask-production" not in page
    assert "sandbox alone" in page or "仅限沙箱" in page
    ours.post(f"{LIST}{grant.pk}/ask-production/", {**SENT, "note": "ready"})
    assert state_of(grant) == (S.CONFORMANCE_PASSED, "")
