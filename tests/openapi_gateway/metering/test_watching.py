"""Quotas left, keys last used, alarms, the check at start-up."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from openapi_gateway.access.choices import GrantState
from openapi_gateway.credentials.models import Key
from openapi_gateway.limits.quotas import counter_names, day_of
from openapi_gateway.metering import alarms, checks, quota_view
from openapi_gateway.metering.draining import drain
from openapi_gateway.metering.last_used import note_use
from openapi_gateway.metering.models import Drain, SpoiltEntry
from openapi_gateway.metering.wire import Finished
from tests.consoles.visitor import Visitor
from tests.openapi_gateway.making import a_client, a_grant, a_partner, a_plan, a_ready_partner
from tests.openapi_gateway.metering.entries import Stream, finished


@pytest.fixture
def counters() -> Iterator[Callable[..., None]]:
    server = redis.Redis.from_url(settings.REDIS_URL)
    made: list[str] = []

    def put(app_id: str, environment: str, service: str, day: int, month: int) -> None:
        names = counter_names(app_id, environment, service, day_of(timezone.now().timestamp()))
        made.extend(names)
        server.mset(dict(zip(names, (day, month), strict=True)))

    yield put
    if made:
        server.delete(*made)
    server.close()


def test_quotas_left_are_told_by_client_and_service_nearest_to_their_end_first(
    alpha: Any, beta: Any, counters: Callable[..., None]
) -> None:
    client = a_client(alpha)
    plan = a_plan("identity", day_quota=100, month_quota=1_000)
    a_grant(client, ("identity", "liveness"), plans={"identity": plan})
    a_grant(a_client(beta))
    counters(client.app_id, "production", "identity", 90, 130)
    counters(client.app_id, "sandbox", "liveness", 1, 1)

    found = quota_view.quotas_of(at=timezone.now(), bank_id=alpha.pk)

    assert found is not None
    assert len(found) == 4
    first = found[0]
    assert (first.place.service, first.place.environment) == ("identity", "production")
    assert (first.left.day, first.left.month, first.day_percent) == (10, 870, 90)
    only = quota_view.quotas_of(
        at=timezone.now(), bank_id=alpha.pk, environment="sandbox", service="liveness"
    )
    assert [each.left.day_used for each in only or []] == [1]


def test_a_grant_that_has_ended_has_no_quota_and_one_in_the_sandbox_has_one(alpha: Any) -> None:
    a_grant(a_client(alpha), state=GrantState.TERMINATED)
    a_grant(a_client(alpha), state=GrantState.SANDBOX_ACTIVE)

    found = quota_view.quotas_of(at=timezone.now(), bank_id=alpha.pk)

    assert [each.place.environment for each in found or []] == ["sandbox"]


def test_a_page_without_redis_says_so(
    alpha: Any, enter: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_url: str) -> Any:
        raise RedisError

    a_grant(a_client(alpha))
    monkeypatch.setattr(quota_view, "redis_of", away)
    monkeypatch.setattr(alarms, "redis_of", away)

    page = enter(alpha, "viewer").get("/admin/gateway/overview/")

    assert page.status_code == 200
    assert page.context["quotas"] is None
    assert page.context["standing"].waiting is None


def test_a_key_s_last_use_is_noted_once_a_minute(alpha: Any, stream: Stream) -> None:
    partner = a_ready_partner(alpha)
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=10)

    def used(seconds: int, **changes: Any) -> Any:
        moment = at + timedelta(seconds=seconds)
        call = Finished(*finished(moment, bank_id=alpha.pk, key_id=partner.key_id, **changes))
        note_use([call])
        return Key.objects.get(key_id=partner.key_id).last_used_at

    assert used(0, status=401, code="GW.SIG.INVALID") is None
    assert used(1) == at + timedelta(seconds=1)
    assert used(60) == at + timedelta(seconds=1)
    assert used(61) == at + timedelta(seconds=61)
    assert used(30) == at + timedelta(seconds=61)
    stream.add(b=[finished(at + timedelta(minutes=5), bank_id=alpha.pk, key_id=partner.key_id)])
    drain(stream=stream.name)
    assert Key.objects.get(key_id=partner.key_id).last_used_at == at + timedelta(minutes=5)


def test_a_drain_that_does_not_come_is_an_alarm(stream: Stream) -> None:
    now = timezone.now()
    assert not alarms.standing(now, stream.name).needs_attention

    stream.add(b=[finished(now)])
    assert alarms.standing(now, stream.name).is_late

    drain(stream=stream.name)
    assert not alarms.standing(timezone.now(), stream.name).needs_attention
    late = timezone.now() + timedelta(seconds=61)
    assert alarms.standing(late, stream.name).is_late


def test_a_long_stream_and_what_cannot_be_read_are_alarms(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(stream=stream.name)
    monkeypatch.setattr(alarms, "LONGEST_STREAM", 2)
    for _ in range(3):
        stream.add(b=[finished(timezone.now())])
    assert alarms.standing(stream=stream.name).is_long

    drain(stream=stream.name)
    assert not alarms.standing(stream=stream.name).needs_attention
    SpoiltEntry.objects.create(entry_id="1-1", raw=b"x", reason="", found_at=timezone.now())
    assert alarms.standing(stream=stream.name).needs_attention


def test_the_platform_s_workbench_shows_the_alarm(
    db: None, enter: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"gw:calls:test:{secrets.token_hex(6)}"
    Drain.objects.create(stream=name, drained_at=timezone.now() - timedelta(seconds=90))
    found = alarms.standing(stream=name)
    monkeypatch.setattr(alarms, "standing", lambda: found)
    client = enter(None, "operator")

    assert client.get("/admin/").context["late_calls"].is_late

    Drain.objects.filter(stream=name).update(drained_at=timezone.now())
    fresh = alarms.Standing(timezone.now(), 0, 0, timezone.now())
    monkeypatch.setattr(alarms, "standing", lambda: fresh)
    assert client.get("/admin/").context["late_calls"] is None


def test_a_redis_that_keeps_nothing_is_a_mistake_of_production_only(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, Any] = {"kept": False}

    def keeps(_url: str) -> bool:
        if isinstance(answers["kept"], Exception):
            raise answers["kept"]
        return bool(answers["kept"])

    monkeypatch.setattr(checks, "keeps_what_it_answers", keeps)
    assert checks.calls_are_durable(None) == []

    settings.LOCAL = False
    assert [each.id for each in checks.calls_are_durable(None)] == ["gateway_metering.E001"]
    answers["kept"] = RedisError("away")
    assert [each.id for each in checks.calls_are_durable(None)] == ["gateway_metering.W001"]
    answers["kept"] = True
    assert checks.calls_are_durable(None) == []


def test_whether_redis_keeps_its_log_is_asked_of_redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        told = server.info("persistence")["aof_enabled"]  # type: ignore[index]

    assert checks.keeps_what_it_answers(settings.REDIS_URL) is bool(told)


def test_keys_in_use_and_expiring_are_counted_for_the_own_bank(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    a_partner(a_client(alpha), days=20)
    a_partner(a_client(alpha), days=90)
    a_partner(a_client(beta), days=20)

    page = enter(alpha, "viewer").get("/admin/gateway/overview/")

    assert page.context["keys"] == {"usable": 2, "expiring": 1, "revoked": 0}
