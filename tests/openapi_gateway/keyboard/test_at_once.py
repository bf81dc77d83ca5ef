"""Fifty calls at the same moment, on rows that are really committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from openapi_gateway.base_services.keyboard import attempts, using
from openapi_gateway.base_services.keyboard.models import PinAttempts, PinSession
from openapi_gateway.calls import Reply
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream.core import PinAnswer
from tenants.platform import PLATFORM
from tests.approvals.racing import at_once, racing_bank
from tests.openapi_gateway.keyboard.phones import a_client, begin, call, pressed, translation

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 50
PIN = "135790"


@pytest.fixture
def client() -> Iterator[Any]:
    with racing_bank() as bank:
        yield a_client(bank)
        PinSession.objects.filter(bank=bank).delete()
        PinAttempts.objects.filter(bank=bank).delete()


def outcomes(calls: list[Callable[[], Any]]) -> Counter[str]:
    results = at_once(PLATFORM, *calls)  # type: ignore[arg-type]
    return Counter(_word(each) for each in results)


def _word(result: Any) -> str:
    if isinstance(result, Reply):
        return result.outcome
    if isinstance(result, GatewayRefused):
        return str(result.problem.code)
    raise result


def test_one_of_fifty_translations_of_a_session_goes_through(client: Any) -> None:
    session = begin(client)
    body = translation(session, PIN)

    found = outcomes([
        partial(call, client, "translate", body, session_id=session.session_id)
        for _ in range(MANY)
    ])  # fmt: skip

    assert found == {"ok": 1, "GW.STATE.CONFLICT": MANY - 1}


def test_an_account_has_its_attempts_and_no_more(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def wrong(**_given: Any) -> PinAnswer:
        asked.append(1)
        return PinAnswer(False, 9)

    monkeypatch.setattr(using.core, "verify_pin", wrong)
    sessions = [begin(client) for _ in range(MANY)]

    found = outcomes([
        partial(
            call, client, "verify",
            {"ciphertext": pressed(session, PIN), "account_ref": "acct_7Qx2aZ"},
            session_id=session.session_id,
        )
        for session in sessions
    ])  # fmt: skip

    assert found == {"PIN.MISMATCH": attempts.PER_DAY, "PIN.LOCKED": MANY - attempts.PER_DAY}
    assert len(asked) == attempts.PER_DAY


def test_a_session_is_verified_or_translated_never_both(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(using.core, "verify_pin", lambda **_given: PinAnswer(True, 3))
    session = begin(client)
    check = {"ciphertext": pressed(session, PIN), "account_ref": "acct_7Qx2aZ"}
    body = translation(session, PIN)

    found = outcomes([
        partial(call, client, *wish, session_id=session.session_id)
        for wish in [("verify", check), ("translate", body)] * 10
    ])  # fmt: skip

    assert found == {"ok": 1, "GW.STATE.CONFLICT": 19}
    assert sum(PinAttempts.objects.values_list("used", flat=True)) == 0
