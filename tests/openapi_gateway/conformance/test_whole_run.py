from __future__ import annotations

from typing import Any

import pytest

from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from openapi_gateway.conformance.models import Run
from tests.openapi_gateway.conformance.driving import a_driver
from tests.openapi_gateway.making import Partner

pytestmark = pytest.mark.django_db


def test_a_right_client_passes_every_case_and_takes_its_grant_on(
    partner: Partner, traveller: Any
) -> None:
    closed = a_driver(partner, traveller).run()
    assert {each["case"]: each["verdict"] for each in closed["verdicts"]} == {
        each["case"]: "passed" for each in closed["verdicts"]
    }, closed
    assert len(closed["verdicts"]) == 22
    assert closed["state"] == "passed"
    grant = Grant.objects.get(client=partner.client)
    assert grant.state == GrantState.CONFORMANCE_PASSED
    assert Run.objects.get(client=partner.client).state == "passed"
