"""What one client's calls made does not exist for another's, of the same bank or another, in either
environment: every operation that takes an id is tried, by the route table itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.app.task import Task
from django.test import Client as Browser

from openapi_gateway.calls import Caller, Operation
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import directory
from openapi_gateway.limits import abuse
from openapi_gateway.routes import OPERATIONS
from tests.mobile.phones import key_set
from tests.openapi_gateway.identity.people import STEP_UP, App
from tests.openapi_gateway.liveness.phones import a_person
from tests.openapi_gateway.liveness.phones import begin as begin_liveness
from tests.openapi_gateway.making import PRODUCTION, SANDBOX, Partner, a_ready_partner

SERVICES = ("identity", "liveness", "keyboard", "products")
WITH_IDS = [each for each in OPERATIONS if "{" in each.path]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    directory.forget_everything()
    abuse.forget_everything()
    monkeypatch.setattr(Task, "apply_async", lambda *_args, **_more: None)
    yield
    directory.forget_everything()


def _partner(bank: Any, environment: str = SANDBOX) -> Partner:
    algorithm = Algorithm.HMAC_SHA256 if environment == SANDBOX else Algorithm.P256
    return a_ready_partner(bank, SERVICES, environment, algorithm)


def _keyboard(partner: Partner, _bank: Any) -> tuple[str, str]:
    wish = {"purpose": "txn", "length": 6, "device_fp": "device-0001"}
    begun = partner.post("/gw/v1/pinpad/sessions", wish)
    assert begun.status_code == 201 or begun.status_code == 200, begun.content
    return begun.json()["session_id"], begun.json()["client_token"]


def _liveness(partner: Partner, bank: Any) -> tuple[str, str]:
    phone = begin_liveness(a_person(bank, partner=partner))
    return phone.session_id, phone.token


def _run(partner: Partner, _bank: Any) -> tuple[str, str]:
    started = partner.post("/gw/v1/conformance/runs", None)
    return str(started.json().get("run_id") or started.json()["id"]), ""


def _step_up(partner: Partner, bank: Any) -> tuple[str, str]:
    app = App(bank.slug)
    session = app.session(partner)
    made = partner.post(
        STEP_UP, {"openid": session["openid"], "required_acr": "loa2", "reason": "transfer"}
    )
    return made.json()["challenge_id"], ""


MAKERS: dict[str, Callable[[Partner, Any], tuple[str, str]]] = {
    "/gw/v1/pinpad/": _keyboard,
    "/gw/v1/liveness/": _liveness,
    "/gw/v1/conformance/": _run,
    "/gw/v1/identity/step-up/": _step_up,
}

_SEALED = {"eph_pub": "A" * 87, "iv": "A" * 16, "ct": "A" * 8, "tag": "A" * 22}
BODIES: dict[str, Any] = {
    "keyboard.translate": {
        "ciphertext": _SEALED, "target_key_id": "z1.aes128", "format": 4,
        "pan": "6217001234567890123",
    },
    "keyboard.verify": {"ciphertext": _SEALED, "account_ref": "6217001234567890123"},
}  # fmt: skip


def _made(operation: Operation, partner: Partner, bank: Any) -> tuple[str, str]:
    prefix = next(each for each in MAKERS if operation.path.startswith(each))
    return MAKERS[prefix](partner, bank)


def _path(operation: Operation, uid: str) -> str:
    return operation.path.replace("{id}", uid).replace("{case}", "nonce_fresh")


def _answer(operation: Operation, partner: Partner, uid: str, token: str) -> Any:
    path = _path(operation, uid)
    if operation.caller is Caller.PHONE:
        return Browser().generic(
            operation.method, path, b"", CONTENT_TYPE="",
            headers={"Host": partner.host, "Authorization": f"Bearer {token}"},
        )  # fmt: skip
    body = BODIES.get(operation.name, b"{}" if operation.body else b"")
    key = "k" * 20 if operation.is_idempotent else ""
    return partner.call(operation.method, path, body, idempotency_key=key)


def test_every_operation_with_an_id_is_tried() -> None:
    assert len(WITH_IDS) >= 12
    for operation in WITH_IDS:
        assert any(operation.path.startswith(prefix) for prefix in MAKERS), operation.path


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda each: each.name)
def test_what_is_another_s_is_not_found(
    alpha: Any, beta: Any, settings: Any, operation: Operation
) -> None:
    settings.CHANNEL_JWT_KEYS = key_set()
    owner = _partner(alpha)
    uid, token = _made(operation, owner, alpha)
    strangers = [_partner(beta), _partner(alpha)]
    if not operation.only_sandbox:
        strangers += [_partner(beta, PRODUCTION), _partner(alpha, PRODUCTION)]
    for stranger in strangers:
        used = token if stranger.environment == PRODUCTION else "another's token"
        answer = _answer(operation, stranger, uid, used)
        assert answer.status_code == 404, answer.content
        assert answer.json()["code"] == "GW.RES.NOT_FOUND"
