"""Two grants of one service that a client holds at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from openapi_gateway.access.models import Grant
from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from tests.openapi_gateway.making import Partner, a_grant, a_ready_partner

pytestmark = pytest.mark.django_db
INTROSPECT = {"identity": ["identity.introspect"]}
LOGIN = {"identity": ["identity.login"]}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    directory.forget_everything()
    abuse.forget_everything()


def asked(partner: Partner) -> str:
    answer = partner.form("/gw/v1/identity/token:introspect", "token=nobody-knows-it")
    return "" if answer.status_code == 200 else answer.json()["code"]


def test_another_grant_takes_no_scope_away(alpha: Any) -> None:
    partner = a_ready_partner(alpha, scopes=INTROSPECT)
    a_grant(partner.client, scopes=LOGIN)
    assert asked(partner) == ""


def test_another_grant_takes_no_address_away(alpha: Any) -> None:
    partner = a_ready_partner(alpha, addresses={"sandbox": ["203.0.113.0/24"]})
    a_grant(partner.client, addresses={"sandbox": ["198.51.100.0/24"]})
    assert asked(partner) == ""
    assert partner.get("/gw/v1/quota").status_code == 200
    partner.address = "198.51.100.7"
    assert asked(partner) == ""
    partner.address = "192.0.2.1"
    assert asked(partner) == "GW.IP.DENIED"
    assert partner.get("/gw/v1/quota").json()["code"] == "GW.IP.DENIED"


def test_what_one_grant_allows_is_not_mixed_with_the_other(alpha: Any) -> None:
    """A scope is good from the addresses that were approved with it, and from no others."""
    partner = a_ready_partner(alpha, scopes=INTROSPECT, addresses={"sandbox": ["198.51.100.0/24"]})
    a_grant(partner.client, scopes=LOGIN, addresses={"sandbox": ["203.0.113.0/24"]})
    assert asked(partner) in ("GW.SCOPE.DENIED", "GW.IP.DENIED")


def test_the_reason_is_that_of_the_grant_that_runs(alpha: Any) -> None:
    partner = a_ready_partner(alpha, scopes=LOGIN)
    ended = a_grant(partner.client, scopes=INTROSPECT)
    Grant.objects.filter(pk=ended.pk).update(suspension="all")
    assert asked(partner) == "GW.SCOPE.DENIED"


def test_an_address_that_is_not_known_is_in_no_list(alpha: Any) -> None:
    partner = a_ready_partner(alpha, addresses={"sandbox": ["203.0.113.0/24"]})
    client = directory.client_of(partner.app_id)
    assert client is not None
    (permit,) = client.permits["identity"]
    assert directory.permit_for(client, "identity", "sandbox", permit.starts_at) == permit
    with pytest.raises(directory.GatewayRefused):
        directory.permit_for(client, "identity", "sandbox", permit.starts_at, address="")
