from __future__ import annotations

import contextlib
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from openapi_gateway.conformance import runs
from openapi_gateway.conformance.choices import RunState
from openapi_gateway.conformance.models import Run
from openapi_gateway.conformance.suite import CASES
from tests.openapi_gateway.conformance.broken import BROKEN
from tests.openapi_gateway.conformance.driving import a_driver, example
from tests.openapi_gateway.making import Partner

pytestmark = pytest.mark.django_db
# What a broken client cannot even show, because everything it sends is refused.
NAMES = {case.name for case in CASES}
REPORTED = {"problem", *(name for name in NAMES if name.startswith("answer_"))}
BLOCKS = {
    "get_plain": NAMES - {"get_plain"},
    "post_body": {"unicode", "exact_bytes", "idempotency_key", "retry_503", "slow_answer"},
    "query": REPORTED,
    "nonces": NAMES - {"nonces"},
    "idempotency_key": {"retry_503", "slow_answer"},
}


def judged(
    partner: Partner, traveller: Any, client_class: Any = None, driver_class: Any = None
) -> tuple[Run, dict[str, str]]:
    """The run is started, and in need also finished, in the console: a client may be unable to."""
    run = runs.start_run_by_call(
        client_id=partner.client.pk, key_id=partner.key_id, at=timezone.now()
    )
    driver = a_driver(partner, traveller, client_class, driver_class)
    with contextlib.suppress(ValueError, example.WrongAnswer):
        driver.run(run.run_id)
    runs.close_run(run.pk, at=timezone.now())
    run.refresh_from_db()
    return run, {row.name: row.verdict for row in run.cases.all()}


def test_there_is_a_broken_client_for_every_case() -> None:
    assert list(BROKEN) == [case.name for case in CASES]
    assert len(CASES) == 22


@pytest.mark.parametrize(
    ("case", "broken"),
    [(case, broken) for case, each in BROKEN.items() for broken in each],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_client_broken_in_one_way_fails_exactly_that_case(
    case: str, broken: Any, partner: Partner, traveller: Any
) -> None:
    is_driver = issubclass(broken, example.Driver)
    run, verdicts = judged(
        partner, traveller, None if is_driver else broken, broken if is_driver else None
    )
    failed = {name for name, verdict in verdicts.items() if verdict == "failed"}
    reasons = {row.name: (row.verdict, row.reason, row.facts) for row in run.cases.all()}
    assert failed == {case}, reasons
    blocked = {name for name, verdict in verdicts.items() if verdict == "blocked"}
    assert blocked <= BLOCKS.get(case, set()) | _after(case), reasons
    assert set(verdicts.values()) <= {"passed", "failed", "blocked"}
    assert run.state == RunState.FAILED
    assert Grant.objects.get(client=partner.client).state == GrantState.SANDBOX_ACTIVE


def _after(case: str) -> set[str]:
    return {"retry_429", "slow_answer"} if case == "retry_503" else set()


def test_a_client_whose_clock_is_wrong_fails_the_clock_and_nothing_else_is_judged(
    partner: Partner, traveller: Any
) -> None:
    class Late(example.Client):
        def times(self) -> tuple[int, int]:
            created = int(self.now()) - 400
            return created, created + 300

    _run, verdicts = judged(partner, traveller, Late)
    assert verdicts.pop("clock") == "failed"
    assert set(verdicts.values()) == {"blocked"}
