from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.identity import records
from openapi_gateway.base_services.identity.choices import StepUpMethod
from openapi_gateway.base_services.identity.models import StepUp, Token
from openapi_gateway.base_services.identity.stepups import open_step_up, settle_step_up
from openapi_gateway.credentials.directory import client_of
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.outbox import services as outbox
from openapi_gateway.outbox.models import Announcement
from tests.openapi_gateway.identity.people import REVOKE, STEP_UP, App, NoScript, introspect
from tests.openapi_gateway.making import Partner, a_ready_partner


def begin(partner: Partner, session: dict[str, Any], **more: Any) -> Any:
    wish = {"openid": session["openid"], "required_acr": "loa3", "reason": "transfer", **more}
    return partner.post(STEP_UP, wish)


def begun(partner: Partner, session: dict[str, Any], **more: Any) -> str:
    answer = begin(partner, session, **more)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["challenge_id"])


@pytest.fixture(autouse=True)
def _nobody_delivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "enqueue_on_commit", lambda _name: None)


@pytest.fixture
def session(partner: Partner) -> dict[str, Any]:
    return App().session(partner)


@pytest.mark.parametrize(
    ("acr", "method", "amr"), [("loa2", "keyboard", "pin"), ("loa3", "liveness", "face")]
)
def test_a_passed_step_up_shows_in_introspection(
    partner: Partner, session: dict[str, Any], acr: str, method: str, amr: str
) -> None:
    introspect(partner, session["access_token"])
    answer = begin(partner, session, required_acr=acr)
    told = answer.json()
    assert (answer.status_code, told["state"], told["method"]) == (201, "created", method)

    at = timezone.now() + timedelta(seconds=5)
    assert settle_step_up(told["challenge_id"], True, at) is True

    shown = introspect(partner, session["access_token"])
    assert (shown["acr"], shown["amr"], shown["auth_time"]) == (acr, [amr], int(at.timestamp()))
    state = partner.get(f"{STEP_UP}/{told['challenge_id']}").json()
    assert state["state"] == "passed"


def test_without_redis_nothing_is_settled(
    partner: Partner, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = begun(partner, session)
    with monkeypatch.context() as patched:
        patched.setattr(records, "_DROP", NoScript())
        with pytest.raises(GatewayRefused) as refused:
            settle_step_up(uid, True, timezone.now())
    assert refused.value.code_text == "GW.DEP.UNAVAILABLE"
    assert StepUp.objects.get().state == "created"
    assert introspect(partner, session["access_token"])["acr"] == "loa1"
    assert settle_step_up(uid, True, timezone.now()) is True


def test_redis_going_away_after_the_commit_leaves_the_settling_standing(
    partner: Partner, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = begun(partner, session)
    monkeypatch.setattr(records, "_RENEW", NoScript())
    assert settle_step_up(uid, True, timezone.now()) is True
    assert introspect(partner, session["access_token"])["acr"] == "loa3"


def test_a_failed_one_raises_nothing_and_is_final(
    partner: Partner, session: dict[str, Any]
) -> None:
    uid = begun(partner, session)
    assert settle_step_up(uid, False, timezone.now()) is True
    assert settle_step_up(uid, True, timezone.now()) is False
    assert introspect(partner, session["access_token"])["acr"] == "loa1"
    assert partner.get(f"{STEP_UP}/{uid}").json()["state"] == "failed"


def test_it_ends_after_ten_minutes(partner: Partner, session: dict[str, Any]) -> None:
    uid = begun(partner, session)
    row = StepUp.objects.get()
    assert settle_step_up(uid, True, row.expires_at) is False
    StepUp.objects.update(created_at=row.created_at - timedelta(hours=1), expires_at=timezone.now())
    assert partner.get(f"{STEP_UP}/{uid}").json()["state"] == "expired"


def test_the_session_that_is_named_is_raised_and_no_other(partner: Partner) -> None:
    first, second = App().session(partner), App().session(partner)
    uid = begun(partner, first, session_ref=first["session_ref"])
    settle_step_up(uid, True, timezone.now())
    assert introspect(partner, first["access_token"])["acr"] == "loa3"
    assert introspect(partner, second["access_token"])["acr"] == "loa1"


def test_without_a_name_the_latest_session_is_meant(partner: Partner) -> None:
    first, second = App().session(partner), App().session(partner)
    settle_step_up(begun(partner, first), True, timezone.now())
    acrs = [introspect(partner, each["access_token"])["acr"] for each in (first, second)]
    assert acrs == ["loa1", "loa3"]


def test_a_lower_step_does_not_lower_what_was_reached(
    partner: Partner, session: dict[str, Any]
) -> None:
    password, face = begun(partner, session, required_acr="loa2"), begun(partner, session)
    settle_step_up(face, True, timezone.now())
    settle_step_up(password, True, timezone.now())
    shown = introspect(partner, session["access_token"])
    assert (shown["acr"], shown["amr"]) == ("loa3", ["face", "pin"])


def test_what_is_reached_is_not_asked_for_again(partner: Partner, session: dict[str, Any]) -> None:
    settle_step_up(begun(partner, session), True, timezone.now())
    answer = begin(partner, session, required_acr="loa2")
    assert (answer.status_code, answer.json()["code"]) == (409, "IDN.ACR_REACHED")


def test_a_revoked_session_is_not_raised(partner: Partner, session: dict[str, Any]) -> None:
    uid = begun(partner, session)
    partner.form(REVOKE, f"token={session['access_token']}")
    assert settle_step_up(uid, True, timezone.now()) is True
    assert introspect(partner, session["access_token"]) == {"active": False}
    assert Token.objects.get().acr == "loa1"
    answer = begin(partner, session)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDN.NO_SESSION")


def test_another_client_knows_neither_the_person_nor_the_challenge(
    partner: Partner, session: dict[str, Any], alpha: Any, beta: Any
) -> None:
    uid = begun(partner, session)
    for stranger in (
        a_ready_partner(alpha, ("identity", "liveness")),
        a_ready_partner(beta, ("identity", "liveness")),
    ):
        assert begin(stranger, session).json()["code"] == "IDN.NO_SESSION"
        assert stranger.get(f"{STEP_UP}/{uid}").status_code == 404
    for unknown in (uuid.uuid4(), "nonsense"):
        assert partner.get(f"{STEP_UP}/{unknown}").status_code == 404


def test_the_service_that_would_settle_it_must_be_granted(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    answer = begin(partner, App().session(partner))
    assert (answer.status_code, answer.json()["code"]) == (403, "GW.SCOPE.DENIED")


def test_the_callback_must_be_one_of_the_grant_s_and_hears_of_the_end(alpha: Any) -> None:
    url = "https://partner.example/hooks"
    partner = a_ready_partner(alpha, ("identity", "liveness"), callback_urls={"sandbox": [url]})
    session = App().session(partner)
    refused = begin(partner, session, callback="https://elsewhere.example/")
    assert (refused.status_code, refused.json()["code"]) == (422, "IDN.CALLBACK")

    uid = begun(partner, session, callback=url)
    settle_step_up(uid, True, timezone.now())

    told = Announcement.objects.get(kind="identity.stepped_up")
    assert (told.callback_url, told.app_id) == (url, partner.app_id)
    assert told.data == {
        "challenge_id": uid, "state": "passed", "openid": session["openid"],
        "required_acr": "loa3",
    }  # fmt: skip


def test_the_same_key_begins_one_step_up(partner: Partner, session: dict[str, Any]) -> None:
    wish = {"openid": session["openid"], "required_acr": "loa3", "reason": "transfer"}
    ids = {partner.post(STEP_UP, wish, key="k1").json()["challenge_id"] for _ in range(3)}
    assert (len(ids), StepUp.objects.count()) == (1, 1)


def test_only_the_method_that_was_chosen_settles_it(
    partner: Partner, session: dict[str, Any]
) -> None:
    uid, at = begun(partner, session), timezone.now()
    client = client_of(partner.app_id)
    assert client is not None
    assert open_step_up(uid, client, "sandbox", StepUpMethod.LIVENESS, at).openid
    for method, moment in (
        (StepUpMethod.KEYBOARD, at), (StepUpMethod.LIVENESS, at + timedelta(minutes=11)),
    ):  # fmt: skip
        with pytest.raises(GatewayRefused):
            open_step_up(uid, client, "sandbox", method, moment)


@pytest.mark.parametrize(
    "change",
    [
        {"required_acr": "loa1"}, {"required_acr": "loa4"}, {"openid": "C1"}, {"reason": ""},
        {"surprise": 1},
    ],
)  # fmt: skip
def test_what_is_no_step_up_is_refused(
    partner: Partner, session: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = begin(partner, session, **change)
    assert (answer.status_code, answer.json()["code"]) == (400, "GW.REQ.SCHEMA")
