from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.access.models import GrantedService
from openapi_gateway.base_services.identity.claims import masked_name, masked_phone
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key
from tests.openapi_gateway.identity.conftest import Core
from tests.openapi_gateway.identity.people import (
    ALL,
    EXCHANGE,
    LOGIN,
    REVOKE,
    USERINFO,
    App,
    introspect,
    userinfo,
)
from tests.openapi_gateway.making import Partner, a_partner, a_ready_partner


def test_claims_come_masked_and_by_scope(partner: Partner, core: Core) -> None:
    session = App().session(partner, ALL)

    answer = userinfo(partner, session["access_token"])

    assert answer.status_code == 200
    assert answer.json() == {"sub": session["openid"], "name": "张*三", "phone": "138****0000"}
    assert "13812340000" not in answer.content.decode()
    (question,) = core.asked
    assert question == {
        "schema_name": partner.client.bank.schema_name, "bank_slug": "alpha",
        "environment": "sandbox", "customer_number": "C1", "claims": {"name", "phone"},
    }  # fmt: skip


def test_only_what_the_token_covers_is_even_asked(partner: Partner, core: Core) -> None:
    session = App().session(partner, ["identity.login", "identity.phone"])
    answer = userinfo(partner, session["access_token"])
    assert answer.json() == {"sub": session["openid"], "phone": "138****0000"}
    assert core.asked[0]["claims"] == {"phone"}


def test_without_personal_scopes_the_core_is_not_asked(partner: Partner, core: Core) -> None:
    session = App().session(partner)
    assert userinfo(partner, session["access_token"]).json() == {"sub": session["openid"]}
    assert core.asked == []


def test_what_the_grant_has_lost_meanwhile_is_not_told(partner: Partner, core: Core) -> None:
    session = App().session(partner, ALL)
    GrantedService.objects.filter(grant__client=partner.client).update(scopes=LOGIN)
    directory.forget_everything()
    assert userinfo(partner, session["access_token"]).json() == {"sub": session["openid"]}


def test_what_the_core_does_not_know_is_left_out(partner: Partner, core: Core) -> None:
    core.known = {"name": ""}
    session = App().session(partner, ALL)
    assert userinfo(partner, session["access_token"]).json() == {"sub": session["openid"]}


def test_a_withdrawn_consent_ends_it(partner: Partner, core: Core) -> None:
    app = App()
    consent = app.consent(partner)
    ticket = app.ticket(partner, scopes=ALL, consent_id=consent)
    token = partner.post(EXCHANGE, ticket.body()).json()["access_token"]
    assert userinfo(partner, token).status_code == 200

    app.withdraw(consent)

    answer = userinfo(partner, token)
    assert (answer.status_code, answer.json()["code"]) == (403, "IDN.CONSENT")
    assert len(core.asked) == 1


def test_no_other_token_opens_it(partner: Partner, core: Core, alpha: Any, beta: Any) -> None:
    session = App().session(partner, ALL)
    token = session["access_token"]
    for caller, bearer in (
        (a_ready_partner(alpha), token), (a_ready_partner(beta), token), (partner, "unknown"),
    ):  # fmt: skip
        answer = userinfo(caller, bearer)
        assert (answer.status_code, answer.json()["code"]) == (401, "IDN.TOKEN_INVALID")
        assert answer["WWW-Authenticate"] == "Bearer"
    assert partner.get(USERINFO).status_code == 401
    partner.form(REVOKE, f"token={token}")
    assert userinfo(partner, token).status_code == 401
    assert core.asked == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "*三"), ("张小三", "张*三"), ("欧阳小三", "欧**三"), ("三", "*"), ("", "*"),
        (" 张三 ", "*三"), ("买买提·艾力", "买****力"), ("x" * 60, "x" + "*" * 38 + "x"),
    ],
)  # fmt: skip
def test_names_are_masked(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812340000", "138****0000"), ("+86 138-1234-0000", "138****0000"),
        ("0755-123456", "******56"), ("100 1234 5678", "100****5678"),
        ("7", "******"), ("", "******"),
    ],
)  # fmt: skip
def test_phones_are_masked(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown


def test_a_token_serves_the_key_that_exchanged_the_ticket_alone(
    partner: Partner, core: Core
) -> None:
    """Introspection tells ``cnf.keyid``: another key of the same client proves nothing."""
    token = App().session(partner)["access_token"]
    Key.objects.filter(key_id=partner.key_id).update(
        state=KeyState.RETIRING, retires_at=timezone.now() + timedelta(days=1)
    )
    other = a_partner(partner.client)
    directory.forget_everything()
    assert introspect(other, token)["cnf"] == {"keyid": partner.key_id}
    refused = userinfo(other, token)
    assert (refused.status_code, refused.json()["code"]) == (401, "IDN.TOKEN_INVALID")
    assert userinfo(partner, token).status_code == 200


def test_a_withdrawn_consent_ends_tokens_and_tickets_that_stand_on_it(
    partner: Partner, core: Core
) -> None:
    app = App()
    gone, kept = app.consent(partner), app.consent(partner)
    wishes = [{"scopes": ALL, "consent_id": each} for each in (gone, kept)]
    first, second = (
        partner.post(EXCHANGE, app.ticket(partner, **wish).body()).json()["access_token"]
        for wish in wishes
    )
    waiting = app.ticket(partner, **wishes[0])
    assert app.withdraw(gone).status_code == 200
    assert introspect(partner, first) == {"active": False}
    assert introspect(partner, second)["active"] is True
    refused = userinfo(partner, first)
    assert (refused.status_code, refused.json()["code"]) == (403, "IDN.CONSENT")
    assert partner.post(EXCHANGE, waiting.body()).json()["code"] == "GW.TICKET.EXPIRED"
    assert app.withdraw(gone).status_code == 200
