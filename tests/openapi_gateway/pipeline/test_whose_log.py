"""In whose log a refused call stands: in its client's once its signature has held."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from openapi_gateway import callers
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key
from openapi_gateway.limits.admission import Stale
from openapi_gateway.metering import outcomes
from openapi_gateway.metering.wire import Finished
from tests.openapi_gateway.making import Partner, a_ready_partner

pytestmark = pytest.mark.usefixtures("served")
ECHO = "/gw/v1/test/echo"
BODY = json.dumps({"word": "hello"}).encode()


@pytest.fixture
def partner(alpha: Any) -> Partner:
    return a_ready_partner(alpha)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Finished]:
    found: list[Finished] = []
    monkeypatch.setattr(outcomes, "tell", found.append)
    return found


def test_what_a_client_s_own_key_signed_is_in_its_log_though_it_was_refused(
    alpha: Any, lines: list[Finished]
) -> None:
    partner = a_ready_partner(alpha, addresses={"sandbox": ["203.0.113.0/24"]})
    partner.call("DELETE", "/gw/v1/test/x")
    partner.send("POST", ECHO, BODY + b" ", partner.headers("POST", ECHO, BODY))
    partner.now = time.time() - 400
    partner.call("POST", ECHO, {"word": "x"})
    partner.now, partner.address = None, "198.51.100.1"
    partner.call("POST", ECHO, {"word": "x"})

    who = (alpha.pk, partner.app_id, partner.key_id)
    assert [(line.code, line.bank_id, line.app_id, line.key_id) for line in lines] == [
        ("GW.SCOPE.DENIED", *who), ("GW.SIG.DIGEST_MISMATCH", *who), ("GW.SIG.EXPIRED", *who),
        ("GW.IP.DENIED", *who),
    ]  # fmt: skip


def test_what_anybody_could_have_sent_is_in_nobody_s_log(
    partner: Partner, lines: list[Finished]
) -> None:
    for changed in ({"Signature": "sig1=:AAAA:"}, {"Rcb-App-Id": "app_2222222222222222"}):
        partner.send("POST", ECHO, BODY, {**partner.headers("POST", ECHO, BODY), **changed})
    Key.objects.filter(key_id=partner.key_id).update(state=KeyState.REVOKED)
    directory.forget_everything()
    partner.call("POST", ECHO, {"word": "x"})
    assert [(line.bank_id, line.key_id) for line in lines] == [(0, "")] * 3


def test_a_key_that_is_revoked_while_its_call_is_under_way_is_nobody_s_too(
    partner: Partner, lines: list[Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoked_meanwhile(_asking: Any) -> None:
        Key.objects.filter(key_id=partner.key_id).update(state=KeyState.REVOKED)
        raise Stale

    monkeypatch.setattr(callers, "admit", revoked_meanwhile)
    partner.call("POST", ECHO, {"word": "x"})
    assert [(line.code, line.bank_id, line.key_id) for line in lines] == [("GW.KEY.REVOKED", 0, "")]
