from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.account import operations
from openapi_gateway.credentials import directory
from openapi_gateway.metering.storing import take_in
from openapi_gateway.metering.wire import Finished
from tests.openapi_gateway.making import a_client, a_grant, a_partner, a_plan, a_ready_partner
from tests.openapi_gateway.metering.entries import finished


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    directory.forget_everything()
    yield
    directory.forget_everything()


def call(partner: Any, **changes: Any) -> Finished:
    known = {
        "bank_id": partner.client.bank_id, "app_id": partner.app_id,
        "environment": partner.environment,
    }  # fmt: skip
    return Finished(*finished(timezone.now(), **{**known, **changes}))


def test_a_client_reads_its_own_usage_of_a_month(alpha: Any, beta: Any) -> None:
    partner, other = a_ready_partner(alpha), a_ready_partner(beta)
    neighbour = a_ready_partner(alpha)
    take_in(
        [call(partner), call(partner, status=422, code="GW.IDEM.REUSED", billable=False),
         call(partner, environment="production"), call(other), call(neighbour)],
        timezone.now(),
    )  # fmt: skip

    answer = partner.get("/gw/v1/usage")

    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["app_id"], told["environment"]) == (partner.app_id, "sandbox")
    assert (told["calls"], told["billable"]) == (2, 1)
    assert told["month"] == f"{timezone.localdate():%Y-%m}"
    assert told["operations"] == [
        {"service": "identity", "operation": "identity.introspect", "calls": 2, "answered": 1,
         "refused": 1, "failed": 0, "billable": 1}
    ]  # fmt: skip
    assert [day["calls"] for day in told["days"]] == [2]
    assert partner.get("/gw/v1/usage", query="month=2025-01").json()["calls"] == 0


@pytest.mark.parametrize("month", ["2026", "2026-13", "x", "1999-01", "2026-1"])
def test_a_month_that_is_none_is_refused_with_its_place(alpha: Any, month: str) -> None:
    answer = a_ready_partner(alpha).get("/gw/v1/usage", query=f"month={month}")

    assert (answer.status_code, answer.json()["code"]) == (400, "GW.REQ.SCHEMA")
    assert answer.json()["errors"] == [{"pointer": "?month", "code": "YYYY-MM"}]


def test_a_client_reads_what_is_left_of_its_quotas(alpha: Any) -> None:
    client = a_client(alpha)
    plan = a_plan("products", day_quota=100, month_quota=1_000)
    a_grant(client, ("products",), plans={"products": plan})
    partner = a_partner(client, "production")

    first = partner.get("/gw/v1/catalogue")
    told = partner.get("/gw/v1/quota").json()

    assert first.status_code == 200, first.content
    (service,) = told["services"]
    assert (service["service"], service["rate_per_second"]) == ("products", 1_000)
    assert {name: service["day"][name] for name in ("limit", "used", "left")} == {
        "limit": 100, "used": 1, "left": 99,
    }  # fmt: skip
    assert service["month"]["left"] == 999
    assert service["day"]["resets_at"] <= service["month"]["resets_at"]


def test_a_service_whose_grant_is_not_valid_has_no_quota(alpha: Any) -> None:
    client = a_client(alpha)
    a_grant(client, ("identity",))
    today = timezone.localdate()
    a_grant(
        client,
        ("liveness",),
        starts_on=today - timedelta(days=9),
        ends_on=today - timedelta(days=1),
    )
    told = a_partner(client).get("/gw/v1/quota").json()

    assert [each["service"] for each in told["services"]] == ["identity"]


def test_the_catalogue_names_what_is_offered_and_no_draft(alpha: Any) -> None:
    a_plan("identity")
    draft = a_plan("keyboard", day_quota=5).version
    draft.state = "draft"
    draft.save(update_fields=["state"])
    partner = a_ready_partner(alpha, ("products",))

    answer = partner.get("/gw/v1/catalogue")

    assert answer.status_code == 200, answer.content
    services = {each["code"]: each for each in answer.json()["services"]}
    assert {"identity", "products"} <= services.keys()
    versions = [each["version"] for row in services.values() for each in row["versions"]]
    assert draft.version not in versions
    assert any(scope["code"] == "identity.phone" for scope in services["identity"]["scopes"])


def test_the_catalogue_is_for_clients_with_a_grant_of_it(alpha: Any) -> None:
    answer = a_ready_partner(alpha, ("identity",)).get("/gw/v1/catalogue")

    assert (answer.status_code, answer.json()["code"]) == (403, "GW.SCOPE.DENIED")


def test_the_operations_are_routes_of_the_gateway() -> None:
    from openapi_gateway.routes import OPERATIONS

    assert {each.name for each in operations.OPERATIONS} <= {each.name for each in OPERATIONS}
