from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openapi_gateway.base_services.keyboard import attempts, using
from openapi_gateway.base_services.keyboard.choices import SessionState
from openapi_gateway.base_services.keyboard.models import PinAttempts, PinSession
from openapi_gateway.errors import GatewayRefused
from openapi_gateway.upstream.core import PinAnswer
from openapi_gateway.upstream.errors import TIMEOUT, UNREACHABLE, UpstreamFailed
from openapi_gateway.upstream.pin_blocks import digits_of_reference
from openapi_gateway.upstream.zone_keys import ZoneKeyName, zone_keys
from tests.openapi_gateway.keyboard.phones import a_client, begin, call, later, pressed, sealed

pytestmark = pytest.mark.django_db

RIGHT, WRONG = "246810", "135790"
ACCOUNT = "acct_7Qx2aZ"


class Core:
    """Opens blocks as a bank's core does."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.left = 9
        self.locked_until: datetime | None = None
        self.failure: Exception | None = None

    def verify_pin(self, **asked: Any) -> PinAnswer:
        self.asked.append(asked)
        if self.failure is not None:
            raise self.failure
        name = ZoneKeyName(asked["bank_slug"], asked["environment"], asked["key_id"])
        bound = digits_of_reference(asked["account_ref"])
        pin = zone_keys().open(name, asked["block_format"], asked["pin_block"], bound)
        matched = list(pin) == [int(digit) for digit in RIGHT]
        return PinAnswer(matched, self.left, self.locked_until)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Core:
    made = Core()
    monkeypatch.setattr(using.core, "verify_pin", made.verify_pin)
    return made


@pytest.fixture
def client(alpha: Any) -> Any:
    return a_client(alpha)


def verify(client: Any, session: Any, pin: str, account: str = ACCOUNT, **more: Any) -> Any:
    body = {"ciphertext": pressed(session, pin), "account_ref": account}
    return call(client, "verify", body, session_id=session.session_id, **more)


def refused(client: Any, session: Any, pin: str, account: str = ACCOUNT, **more: Any) -> str:
    with pytest.raises(GatewayRefused) as caught:
        verify(client, session, pin, account, **more)
    return caught.value.problem.code


def row(session: Any) -> PinSession:
    return PinSession.objects.get(session_id=session.session_id)


def used_today() -> int:
    return sum(PinAttempts.objects.values_list("used", flat=True))


def test_the_core_says_that_a_pin_is_right(client: Any, core: Core) -> None:
    session = begin(client)

    reply = verify(client, session, RIGHT)

    assert (reply.body.matched, reply.body.attempts_left) == (True, 9)
    assert (reply.outcome, reply.billable) == ("ok", True)
    assert row(session).state == SessionState.VERIFIED
    assert used_today() == 0
    asked = core.asked[0]
    assert (asked["block_format"], len(asked["pin_block"])) == (4, 16)
    assert asked["account_ref"] == ACCOUNT


def test_a_wrong_pin_is_an_answer_and_counts(client: Any, core: Core) -> None:
    session = begin(client)

    reply = verify(client, session, WRONG)

    assert (reply.status, reply.body.matched) == (200, False)
    assert reply.body.attempts_left == attempts.PER_DAY - 1
    assert reply.body.locked_until is None
    assert (reply.outcome, reply.billable) == ("PIN.MISMATCH", True)
    assert (row(session).state, row(session).reason) == (SessionState.REJECTED, "PIN.MISMATCH")


def test_the_core_may_know_of_fewer_attempts(client: Any, core: Core) -> None:
    core.left, core.locked_until = 0, datetime(2030, 1, 1, tzinfo=UTC)

    answer = verify(client, begin(client), WRONG).body

    assert (answer.attempts_left, answer.locked_until) == (0, core.locked_until)


def test_after_the_last_attempt_of_a_day_the_core_is_not_asked(client: Any, core: Core) -> None:
    for left in range(attempts.PER_DAY - 1, -1, -1):
        answer = verify(client, begin(client), WRONG).body
        assert answer.attempts_left == left
    assert answer.locked_until == attempts.next_day(datetime.now(UTC))
    session = begin(client)

    assert refused(client, session, RIGHT) == "PIN.LOCKED"

    assert len(core.asked) == attempts.PER_DAY
    assert row(session).state == SessionState.CREATED
    assert verify(client, begin(client), RIGHT, "acct_another").body.matched


def test_a_lock_ends_with_the_day_in_shanghai(client: Any, core: Core) -> None:
    night = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    for _ in range(attempts.PER_DAY):
        verify(client, begin(client, at=night), WRONG, at=night)
    assert refused(client, begin(client, at=night), WRONG, at=night) == "PIN.LOCKED"

    morning = night + timedelta(minutes=1)
    assert verify(client, begin(client, at=morning), RIGHT, at=morning).body.matched


def test_another_environment_and_bank_count_for_themselves(
    client: Any, beta: Any, core: Core
) -> None:
    for _ in range(attempts.PER_DAY):
        verify(client, begin(client), WRONG)

    production = begin(client, environment="production")
    assert verify(client, production, RIGHT, environment="production").body.matched
    other = a_client(beta)
    assert verify(other, begin(other), RIGHT).body.matched


def test_a_right_pin_gives_its_attempt_back(client: Any, core: Core) -> None:
    verify(client, begin(client), WRONG)
    for _ in range(attempts.PER_DAY + 2):
        assert verify(client, begin(client), RIGHT).body.matched

    assert used_today() == 1


def test_what_never_reached_the_core_was_no_attempt(client: Any, core: Core) -> None:
    session = begin(client)
    body = {"ciphertext": sealed(session, b"\0" * 6, purpose="set"), "account_ref": ACCOUNT}
    with pytest.raises(GatewayRefused):
        call(client, "verify", body, session_id=session.session_id)
    assert used_today() == 0

    core.failure = UpstreamFailed(UNREACHABLE)
    assert refused(client, begin(client), RIGHT) == "UP.UNREACHABLE"
    assert used_today() == 0


def test_a_core_that_does_not_answer_may_have_counted(client: Any, core: Core) -> None:
    core.failure = UpstreamFailed(TIMEOUT, was_sent=True)
    session = begin(client)

    assert refused(client, session, RIGHT) == "UP.TIMEOUT"

    assert used_today() == 1
    assert (row(session).state, row(session).reason) == (SessionState.REJECTED, "UP.TIMEOUT")


def test_a_failure_of_ours_leaves_the_session_rejected(client: Any, core: Core) -> None:
    core.failure = RuntimeError("planted")
    session = begin(client)

    with pytest.raises(RuntimeError):
        verify(client, session, RIGHT)

    assert row(session).state == SessionState.REJECTED


def test_a_session_for_one_account_serves_no_other(client: Any, core: Core) -> None:
    session = begin(client, account_ref=ACCOUNT)

    assert refused(client, session, RIGHT, "acct_another") == "PIN.ACCOUNT"
    assert verify(client, session, RIGHT).body.matched


def test_a_new_pin_is_not_verified(client: Any, core: Core) -> None:
    assert refused(client, begin(client, purpose="set"), RIGHT) == "PIN.PURPOSE"
    assert core.asked == []


def test_the_account_must_be_named(client: Any, core: Core) -> None:
    session = begin(client)
    with pytest.raises(GatewayRefused) as caught:
        call(client, "verify", {"ciphertext": pressed(session, RIGHT)},
             session_id=session.session_id)  # fmt: skip
    assert caught.value.problem.code == "PIN.ACCOUNT"


def test_used_ended_and_foreign_sessions_are_refused(client: Any, beta: Any, core: Core) -> None:
    session = begin(client)
    assert refused(a_client(beta), session, RIGHT) == "GW.RES.NOT_FOUND"
    assert refused(client, session, RIGHT, environment="production") == "GW.RES.NOT_FOUND"
    assert refused(client, session, RIGHT, at=later(120)) == "GW.SESSION.EXPIRED"
    verify(client, session, RIGHT)
    assert refused(client, session, RIGHT) == "GW.STATE.CONFLICT"
    assert len(core.asked) == 1


def test_length_and_positions_are_judged_before_the_core_is_asked(client: Any, core: Core) -> None:
    assert refused(client, begin(client), "24681") == "PIN.LENGTH"
    session = begin(client)
    body = {"ciphertext": sealed(session, bytes(5) + b"\x0a"), "account_ref": ACCOUNT}
    with pytest.raises(GatewayRefused) as caught:
        call(client, "verify", body, session_id=session.session_id)
    assert caught.value.problem.code == "PIN.POSITION"
    assert (core.asked, used_today()) == ([], 0)


def test_accounts_and_devices_are_kept_as_digests(client: Any, core: Core) -> None:
    device, account = f"device-{secrets.token_hex(4)}", "6217001234567890123"
    session = begin(client, device_fp=device, account_ref=account)
    verify(client, session, WRONG, account)

    values = str(list(PinSession.objects.values())) + str(list(PinAttempts.objects.values()))
    assert device not in values
    assert account not in values
