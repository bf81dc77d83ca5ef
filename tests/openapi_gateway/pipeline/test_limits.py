from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from openapi_gateway import answers
from openapi_gateway.access.models import Plan
from openapi_gateway.changes import EPOCHS, client_changed
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import directory
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.models import Key
from openapi_gateway.limits import connections, quotas
from openapi_gateway.metering import outcomes
from openapi_gateway.models import KeptAnswer
from tests.openapi_gateway.making import PRODUCTION, Partner, a_plan, a_ready_partner
from tests.openapi_gateway.pipeline.test_refusals import code_of

pytestmark = pytest.mark.usefixtures("served")
ECHO, ONCE = "/gw/v1/test/echo", "/gw/v1/test/once"


def limited(bank: Any, **limits: int) -> Partner:
    plan = a_plan("identity", **limits)
    return a_ready_partner(
        bank, environment=PRODUCTION, algorithm=Algorithm.P256, plans={"identity": plan}
    )


def test_the_same_request_twice_is_a_replay(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    body = b'{"word": "x"}'
    headers = partner.headers("POST", ECHO, body)
    assert partner.send("POST", ECHO, body, headers).status_code == 200
    answer = partner.send("POST", ECHO, body, headers)
    assert code_of(answer) == (401, "GW.SIG.NONCE_REPLAYED")


def test_a_nonce_belongs_to_its_key(alpha: Any) -> None:
    one, other = a_ready_partner(alpha), a_ready_partner(alpha)
    for partner in (one, other):
        answer = partner.call("POST", ECHO, {"word": "x"}, nonce="n" * 22)
        assert answer.status_code == 200
    assert code_of(one.call("POST", ECHO, {"word": "x"}, nonce="n" * 22))[0] == 401


def test_the_burst_of_a_plan_then_429(alpha: Any) -> None:
    partner = limited(alpha, rate_per_second=1, burst=3)
    found = [partner.call("POST", ECHO, {"word": "x"}) for _number in range(5)]
    assert [each.status_code for each in found] == [200, 200, 200, 429, 429]
    answer = found[-1]
    assert answer.json()["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert answer.json()["violated-policies"] == ["client-rate"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert answer.headers["RateLimit-Policy"] == '"client-rate";q=1;w=1'


@pytest.mark.parametrize(
    ("limits", "policy"),
    [
        ({"day_quota": 2, "month_quota": 10}, "day-quota"),
        ({"day_quota": 2, "month_quota": 2}, "day-quota"),
    ],
)
def test_quotas_are_exact(alpha: Any, limits: dict[str, int], policy: str) -> None:
    partner = limited(alpha, **limits)
    found = [partner.call("POST", ECHO, {"word": "x"}) for _number in range(4)]
    assert [each.status_code for each in found] == [200, 200, 429, 429]
    assert found[-1].json()["violated-policies"] == [policy]


def test_the_month_s_quota_ends_with_the_month(alpha: Any) -> None:
    partner = limited(alpha, day_quota=5, month_quota=5)
    Plan.objects.update(month_quota=10**6, day_quota=10**6)
    directory.forget_everything()
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    server = redis.Redis.from_url(settings.REDIS_URL)
    now = 1_800_000_000.0
    _day, month = quotas.counter_names(partner.app_id, "production", "identity", quotas.day_of(now))
    server.set(month, 10**6)
    from openapi_gateway.limits.admission import Verdict, _seconds_to_wait

    wait = _seconds_to_wait(Verdict.MONTH_QUOTA, 0, now)
    assert quotas.day_of(now + wait)[6:] == "01"
    assert quotas.day_of(now + wait - 1)[:6] == quotas.day_of(now)[:6]


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_refused_costs_nothing(alpha: Any, status: int) -> None:
    partner = limited(alpha, day_quota=1, month_quota=1)
    if status == 401:
        body = b'{"word": "x"}'
        headers = {**partner.headers("POST", ECHO, body), "Signature": "sig1=:AAAA:"}
        assert partner.send("POST", ECHO, body, headers).status_code == 401
    else:
        assert partner.get("/gw/v1/test/x").status_code == 405
        assert partner.call("DELETE", "/gw/v1/test/x").status_code == 403
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200


def test_a_failure_of_ours_uses_nothing_up(alpha: Any, served: Any) -> None:
    from openapi_gateway.calls import Call, Operation, Reply

    def fail(_call: Call) -> Reply:
        raise RuntimeError

    served(Operation("test.fail", "GET", "/gw/v1/test/fail", fail, "fails", service="identity"))
    partner = limited(alpha, day_quota=1, month_quota=1)
    assert partner.get("/gw/v1/test/fail").status_code == 500
    outcomes.flush()
    assert partner.get("/gw/v1/test/fail").status_code == 500


def test_one_round_trip_and_no_query_when_warm(alpha: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = a_ready_partner(alpha)
    partner.call("POST", ECHO, {"word": "x"})
    # As served: a background thread knows the versions.
    known = directory.current_directory()
    monkeypatch.setattr(settings, "CHANGE_READER", "thread")
    monkeypatch.setattr("tenants.changes._reader.directory", lambda: known)
    asked: list[tuple[Any, ...]] = []
    plain = connections._asked
    monkeypatch.setattr(connections, "_asked", lambda *words: asked.append(words) or plain(*words))
    sent: list[bytes] = []
    monkeypatch.setattr(
        redis.Redis, "execute_command", lambda self, *words, **_more: sent.append(words)
    )
    monkeypatch.setattr(outcomes, "tell", lambda _line: None)
    with CaptureQueriesContext(connection) as queries:
        assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    assert [query["sql"] for query in queries] == []
    assert [words[1] for words in asked] == ["EVALSHA"]
    assert sent == []


def test_a_change_counts_at_once(alpha: Any, django_capture_on_commit_callbacks: Any) -> None:
    """The versions have not been read yet: the epoch alone tells."""
    partner = a_ready_partner(alpha)
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    known = directory.current()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Key.objects.filter(key_id=partner.key_id).update(state=KeyState.REVOKED)
        client_changed(partner.app_id)
    known.version = directory.current_directory().versions["gateway:clients"]
    directory._directory = known
    assert code_of(partner.call("POST", ECHO, {"word": "x"})) == (401, "GW.KEY.REVOKED")


def test_lost_epochs_are_met_by_reading_again(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    server = redis.Redis.from_url(settings.REDIS_URL)
    server.hset(EPOCHS, partner.app_id, 7)
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    server.hdel(EPOCHS, partner.app_id)
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200


def test_without_redis_the_gateway_closes(alpha: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = a_ready_partner(alpha)
    assert partner.call("POST", ECHO, {"word": "x"}).status_code == 200
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(outcomes, "tell", lambda _line: None)
    answer = partner.call("POST", ECHO, {"word": "x"})
    assert code_of(answer) == (503, "GW.DEP.UNAVAILABLE")
    assert answer.headers["Retry-After"]


# --- Idempotency ---------------------------------------------------------------------------------
def test_the_same_key_gives_the_same_answer(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    first = partner.post(ONCE, {"word": "x"}, key="key-1")
    again = partner.post(ONCE, {"word": "x"}, key="key-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Rcb-Request-Id"] != first.headers["Rcb-Request-Id"]
    other = partner.post(ONCE, {"word": "x"}, key="key-2")
    assert other.json()["count"] == first.json()["count"] + 1


def test_a_key_for_another_call_is_refused(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    partner.post(ONCE, {"word": "x"}, key="key-1")
    answer = partner.post(ONCE, {"word": "y"}, key="key-1")
    assert code_of(answer) == (422, "GW.IDEM.REUSED")


def test_a_key_belongs_to_its_client(alpha: Any, beta: Any) -> None:
    first = a_ready_partner(alpha).post(ONCE, {"word": "x"}, key="key-1").json()["count"]
    second = a_ready_partner(beta).post(ONCE, {"word": "x"}, key="key-1").json()["count"]
    assert second == first + 1


@pytest.mark.parametrize("key", ["", "x" * 101])
def test_no_key_no_change(alpha: Any, key: str) -> None:
    partner = a_ready_partner(alpha)
    answer = partner.call("POST", ONCE, {"word": "x"}, idempotency_key=key)
    assert code_of(answer) == (400, "GW.IDEM.MISSING")


def test_kept_answers_go_after_their_time(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    partner.post(ONCE, {"word": "x"}, key="key-1")
    now = timezone.now()
    assert answers.purge(now + timedelta(hours=47)) == 0
    assert answers.purge(now + timedelta(hours=49)) >= 1
    assert partner.post(ONCE, {"word": "y"}, key="key-1").status_code == 200


def test_a_key_is_free_again_after_a_day(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    first = partner.post(ONCE, {"word": "x"}, key="key-1").json()["count"]
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    KeptAnswer.objects.update(running_until=timezone.now() - timedelta(hours=24))
    assert partner.post(ONCE, {"word": "y"}, key="key-1").json()["count"] == first + 1


def test_a_call_whose_process_died_is_taken_over(alpha: Any) -> None:
    partner = a_ready_partner(alpha)
    partner.post(ONCE, {"word": "x"}, key="key-1")
    KeptAnswer.objects.update(status=0, running_until=timezone.now() + timedelta(seconds=9))
    answer = partner.post(ONCE, {"word": "x"}, key="key-1")
    assert code_of(answer) == (409, "GW.IDEM.IN_PROGRESS")
    KeptAnswer.objects.update(running_until=timezone.now() - timedelta(seconds=1))
    assert partner.post(ONCE, {"word": "x"}, key="key-1").status_code == 200
