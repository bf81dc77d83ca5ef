"""A step-up to the sign-in PIN, settled by a keyboard session."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openapi_gateway.base_services.identity.models import StepUp
from openapi_gateway.base_services.identity.subjects import customer_of
from openapi_gateway.base_services.keyboard import using
from openapi_gateway.base_services.keyboard.messages import Begun
from openapi_gateway.base_services.keyboard.operations import SESSIONS
from openapi_gateway.credentials.directory import client_of
from openapi_gateway.outbox import services as outbox
from openapi_gateway.upstream.core import PinAnswer
from tests.mobile.phones import key_set
from tests.openapi_gateway.identity.people import STEP_UP, App, introspect
from tests.openapi_gateway.keyboard.phones import pressed, translation
from tests.openapi_gateway.making import Partner

pytestmark = pytest.mark.django_db

PIN = "135790"


class Core:
    def __init__(self) -> None:
        self.answer = PinAnswer(True, 3)
        self.accounts: list[str] = []

    def verify_pin(self, *, account_ref: str, **_asked: Any) -> PinAnswer:
        self.accounts.append(account_ref)
        return self.answer


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()
    monkeypatch.setattr(outbox, "enqueue_on_commit", lambda _name: None)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    made = Core()
    monkeypatch.setattr(using.core, "verify_pin", made.verify_pin)
    return made


@pytest.fixture
def person(partner: Partner) -> dict[str, Any]:
    return App().session(partner)


@pytest.fixture
def challenge(partner: Partner, person: dict[str, Any]) -> str:
    wish = {"openid": person["openid"], "required_acr": "loa2", "reason": "transfer"}
    answer = partner.post(STEP_UP, wish)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["challenge_id"])


def begin(partner: Partner, challenge: str, **more: Any) -> Any:
    wish = {"purpose": "login", "length": 6, "device_fp": "device-0001", "challenge_id": challenge}
    return partner.post(SESSIONS, {**wish, **more})


def verify(partner: Partner, challenge: str, **more: Any) -> Any:
    answer = begin(partner, challenge)
    assert answer.status_code == 201, answer.content
    session = msgspec.json.decode(answer.content, type=Begun)
    body = {"ciphertext": pressed(session, PIN), **more}
    return partner.post(f"{SESSIONS}/{session.session_id}:verify", body)


def test_a_right_pin_passes_the_step_up(
    partner: Partner, person: dict[str, Any], challenge: str, core: Core
) -> None:
    answer = verify(partner, challenge)

    assert answer.json()["matched"] is True
    assert StepUp.objects.get(uid=challenge).state == "passed"
    shown = introspect(partner, person["access_token"])
    assert (shown["acr"], "pin" in shown["amr"]) == ("loa2", True)
    # Whose PIN it is, the platform says and not the partner.
    client = client_of(partner.app_id)
    assert core.accounts == [customer_of(person["openid"], client)]


def test_a_wrong_pin_leaves_it_open_until_no_attempt_is_left(
    partner: Partner, challenge: str, core: Core
) -> None:
    core.answer = PinAnswer(False, 2)
    assert verify(partner, challenge).json()["matched"] is False
    assert StepUp.objects.get(uid=challenge).state == "created"

    core.answer = PinAnswer(False, 0)
    verify(partner, challenge)
    assert StepUp.objects.get(uid=challenge).state == "failed"
    assert begin(partner, challenge).status_code == 410


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"account_ref": "acct_7Qx2aZ"}, "PIN.ACCOUNT"),
        ({"openid": "o_" + "a" * 32}, "PIN.ACCOUNT"),
        ({"purpose": "set"}, "PIN.PURPOSE"),
    ],
)
def test_a_step_up_is_of_its_person_alone(
    partner: Partner, challenge: str, more: dict[str, Any], code: str
) -> None:
    assert begin(partner, challenge, **more).json()["code"] == code


def test_a_partner_cannot_name_whose_pin_it_is(
    partner: Partner, challenge: str, core: Core
) -> None:
    answer = verify(partner, challenge, account_ref="acct_7Qx2aZ")

    assert answer.json()["code"] == "PIN.ACCOUNT"
    assert core.accounts == []


def test_the_pin_of_a_step_up_is_not_translated(partner: Partner, challenge: str) -> None:
    session = msgspec.json.decode(begin(partner, challenge).content, type=Begun)

    answer = partner.post(f"{SESSIONS}/{session.session_id}:translate", translation(session, PIN))

    assert answer.json()["code"] == "PIN.PURPOSE"


def test_an_unknown_step_up_is_not_found(partner: Partner) -> None:
    for challenge in ("nothing", "00000000-0000-0000-0000-000000000000"):
        assert begin(partner, challenge).status_code == 404
