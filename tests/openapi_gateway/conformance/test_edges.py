"""What must not be possible with a run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django_tenants.utils import tenant_context

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from openapi_gateway.choices import Algorithm
from openapi_gateway.conformance import runs, tasks
from openapi_gateway.conformance.choices import RunState
from openapi_gateway.conformance.errors import RunRefused, UnknownRun
from openapi_gateway.conformance.models import Observation, Run
from openapi_gateway.conformance.suite import CASES
from openapi_gateway.signing.algorithms import verifier
from operators.choices import BankRole
from operators.errors import NotAllowed
from tests.approvals.people import make_operator
from tests.openapi_gateway.conformance.driving import a_driver, example, platform_key
from tests.openapi_gateway.making import (
    PRODUCTION,
    Partner,
    a_client,
    a_partner,
    a_ready_partner,
)

pytestmark = pytest.mark.django_db
PLACE = "/gw/v1/conformance/runs"


def started(partner: Partner) -> dict[str, Any]:
    answer = partner.call("POST", PLACE)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_the_suite_is_not_there_in_production(alpha: Any) -> None:
    partner = a_ready_partner(alpha, environment=PRODUCTION)
    answer = partner.call("POST", PLACE)
    assert answer.status_code == 404
    assert not Run.objects.exists()


def test_another_clients_run_is_not_found(partner: Partner, alpha: Any, beta: Any) -> None:
    run = started(partner)["run_id"]
    for stranger in (a_ready_partner(alpha), a_ready_partner(beta)):
        for method, path in (
            ("GET", ""), ("POST", ":finish"), ("GET", "/payload"), ("GET", "/cases/get_plain"),
            ("POST", "/cases/answer-1:report"),
        ):  # fmt: skip
            answer = stranger.call(method, f"{PLACE}/{run}{path}")
            assert answer.json()["code"] == "GW.RES.NOT_FOUND", path
    assert not Observation.objects.exclude(kind="refused").exists()


def test_what_a_stranger_was_refused_is_not_held_against_the_client_by_signed_calls(
    partner: Partner, alpha: Any, traveller: Any
) -> None:
    """A stranger's well-signed call is answered 404, and a 404 says nothing of the client."""
    run = started(partner)["run_id"]
    a_ready_partner(alpha).get(f"{PLACE}/{run}/cases/get_plain")
    closed = a_driver(partner, traveller).run(run)
    assert closed["state"] == "passed", closed


def test_which_answers_are_wrong_is_not_told(partner: Partner) -> None:
    told = str(started(partner))
    kept = Run.objects.get().answers
    assert len(kept) == 10
    for kind in kept.values():
        assert kind.partition(":")[0] not in told


def test_the_order_of_the_answers_is_drawn_anew() -> None:
    orders = {tuple(runs.answering.draw().values()) for _number in range(20)}
    assert len(orders) > 15


def test_a_run_ends_after_half_an_hour(partner: Partner, traveller: Any) -> None:
    run = started(partner)["run_id"]
    partner.get(f"{PLACE}/{run}/cases/get_plain")
    traveller.shift(30 * 60 + 1)
    answer = partner.get(f"{PLACE}/{run}/cases/get_plain")
    assert answer.json()["code"] == "CONF.RUN_OVER"
    shown = partner.get(f"{PLACE}/{run}").json()
    assert shown["state"] == "expired"
    assert {each["case"]: each["verdict"] for each in shown["verdicts"]}["get_plain"] == "passed"
    assert tasks.close_runs() == 1
    assert tasks.close_runs() == 0
    row = Run.objects.get()
    assert (row.state, row.finished_at) == (RunState.EXPIRED, row.expires_at)
    assert row.cases.count() == len(CASES)


def test_an_expired_run_takes_nobody_on(partner: Partner, traveller: Any) -> None:
    driver = a_driver(partner, traveller)
    told = started(partner)
    driver.place = f"{PLACE}/{told['run_id']}"
    for task in told["tasks"]:
        driver.attempt(task)
    traveller.shift(31 * 60)
    assert driver.client.call("POST", f"{driver.place}:finish").json()["state"] == "expired"
    tasks.close_runs()
    assert Run.objects.get().state == RunState.EXPIRED
    assert Grant.objects.get(client=partner.client).state == GrantState.SANDBOX_ACTIVE


def test_a_new_run_replaces_the_one_under_way(partner: Partner) -> None:
    first, second = started(partner)["run_id"], started(partner)["run_id"]
    assert Run.objects.get(run_id=first).state == RunState.REPLACED
    assert partner.get(f"{PLACE}/{first}/cases/get_plain").json()["code"] == "CONF.RUN_OVER"
    assert partner.get(f"{PLACE}/{second}/cases/get_plain").status_code == 200


def test_a_run_is_not_closed_while_the_suite_watches_for_retries(
    partner: Partner, traveller: Any
) -> None:
    run = started(partner)["run_id"]
    assert partner.get(f"{PLACE}/{run}/cases/no_retry_422").status_code == 422
    early = partner.call("POST", f"{PLACE}/{run}:finish")
    assert early.json()["code"] == "CONF.TOO_EARLY"
    traveller.shift(int(early["Retry-After"]))
    assert partner.call("POST", f"{PLACE}/{run}:finish").json()["state"] == "failed"


def test_a_finished_run_stays_as_it_was_judged(partner: Partner, traveller: Any) -> None:
    run = started(partner)["run_id"]
    first = partner.call("POST", f"{PLACE}/{run}:finish").json()
    again = partner.call("POST", f"{PLACE}/{run}:finish").json()
    assert first == again
    assert partner.get(f"{PLACE}/{run}/cases/get_plain").json()["code"] == "CONF.RUN_OVER"


def test_there_is_an_end_to_what_one_run_writes_down(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_ARRIVALS", 3)
    run = started(partner)["run_id"]
    codes = [
        partner.get(f"{PLACE}/{run}/cases/get_plain").json().get("code") for _number in range(5)
    ]
    assert codes == [None, None, None, "CONF.TOO_MANY_CALLS", "CONF.TOO_MANY_CALLS"]


def test_there_is_an_end_to_runs_in_an_hour(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS_AN_HOUR", 2)
    started(partner)
    started(partner)
    assert partner.call("POST", PLACE).status_code == 409


def test_unsigned_calls_with_another_runs_id_change_nothing(partner: Partner) -> None:
    started(partner)
    Browser().get(f"{PLACE}/run_{'x' * 32}/cases/get_plain", headers={"Host": partner.host})
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    ("word", "status"), [("answer=accepted", 204), ("answer=yes", 400), ("", 400)]
)
def test_a_report_says_accepted_or_refused(partner: Partner, word: str, status: int) -> None:
    run = started(partner)["run_id"]
    answer = partner.call("POST", f"{PLACE}/{run}/cases/answer-1:report", query=word)
    assert answer.status_code == status, answer.content


def test_who_says_both_is_not_believed(partner: Partner, traveller: Any) -> None:
    class Undecided(example.Driver):
        def answer(self, task: Any) -> None:
            super().answer(task)
            for word in ("accepted", "refused"):
                self.client.call("POST", f"{task['path']}:report", query=f"answer={word}")

    closed = a_driver(partner, traveller, driver_class=Undecided).run()
    assert "verdicts" in closed, closed
    wrong = {each["case"] for each in closed["verdicts"] if each["verdict"] == "failed"}
    assert wrong == {case.name for case in CASES if case.name.startswith("answer_")}


def test_reporting_without_fetching_is_no_proof(partner: Partner, traveller: Any) -> None:
    class Guesses(example.Driver):
        def answer(self, task: Any) -> None:
            self.client.call("POST", f"{task['path']}:report", query="answer=refused")

    closed = a_driver(partner, traveller, driver_class=Guesses).run()
    verdicts = {each["case"]: each["verdict"] for each in closed["verdicts"]}
    assert all(
        verdict == "failed" for name, verdict in verdicts.items() if name.startswith("answer_")
    )


@pytest.mark.parametrize("algorithm", [Algorithm.P256, Algorithm.ED25519, Algorithm.SM2])
def test_clients_of_every_family_can_pass(alpha: Any, traveller: Any, algorithm: Algorithm) -> None:
    partner = a_ready_partner(alpha, algorithm=algorithm, state=GrantState.SANDBOX_ACTIVE)
    driver = a_driver(partner, traveller)
    key_id, public = platform_key(algorithm)
    driver.client.sign = partner.sign
    driver.client.keys[key_id] = verifier(algorithm, public)
    closed = driver.run()
    assert closed["state"] == "passed", closed


def test_reasons_come_in_the_language_of_the_reader(partner: Partner, traveller: Any) -> None:
    run = started(partner)["run_id"]
    partner.call("POST", f"{PLACE}/{run}:finish")
    row = Run.objects.get().cases.get(name="clock")
    assert row.reason == "Could not be judged before “%(case)s” is passed."
    assert row.facts == {"case": "get_plain"}


# --- The console --------------------------------------------------------------------------------
def test_the_console_starts_and_finishes_runs_of_its_own_bank(alpha: Any, beta: Any) -> None:
    partner = a_ready_partner(alpha, state=GrantState.SANDBOX_ACTIVE)
    with tenant_context(alpha):
        maker = make_operator("conf-maker", BankRole.MAKER)
        viewer = make_operator("conf-viewer", BankRole.VIEWER)
        with pytest.raises(NotAllowed):
            runs.start_run(actor=viewer, client=partner.client)
        run = runs.start_run(actor=maker, client=partner.client)
    with tenant_context(beta):
        stranger = make_operator("conf-stranger", BankRole.MAKER)
        with pytest.raises(UnknownRun):
            runs.start_run(actor=stranger, client=partner.client)
        with pytest.raises(UnknownRun):
            runs.finish_run(actor=stranger, run=run)
    with tenant_context(alpha):
        assert runs.finish_run(actor=maker, run=run).state == RunState.FAILED
        with pytest.raises(RunRefused):
            runs.finish_run(actor=maker, run=run)


def test_a_client_without_a_grant_is_told_so(alpha: Any) -> None:
    client = a_client(alpha)
    a_partner(client)
    with tenant_context(alpha):
        maker = make_operator("conf-maker", BankRole.MAKER)
        with pytest.raises(RunRefused):
            runs.start_run(actor=maker, client=client)


def test_old_observations_are_forgotten_and_verdicts_stay(partner: Partner) -> None:
    run = started(partner)["run_id"]
    partner.get(f"{PLACE}/{run}/cases/get_plain")
    partner.call("POST", f"{PLACE}/{run}:finish")
    later = timezone.now() + timedelta(days=91)
    assert runs.purge_observations(later) >= 1
    shown = runs.verdicts(Run.objects.get(), later)
    assert [case.name for case, _outcome in shown] == [case.name for case in CASES]
