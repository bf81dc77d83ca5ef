"""Through the real adapter, to the simulator of the banks' cores in a process of its own."""

from __future__ import annotations

from typing import Any

from tests.openapi_gateway.identity.people import ALL, App, userinfo
from tests.openapi_gateway.making import Partner


def test_claims_of_the_core_arrive_masked(partner: Partner, simulators: Any) -> None:
    session = App().session(partner, ALL)

    told = userinfo(partner, session["access_token"]).json()

    assert told["sub"] == session["openid"]
    assert "*" in told["name"]
    assert told["phone"][3:7] == "****"
