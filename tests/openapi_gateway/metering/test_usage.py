from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation
from django_tenants.utils import tenant_context
from openpyxl import load_workbook

from audit.models import AuditEvent
from openapi_gateway.metering import overview, usage
from openapi_gateway.metering.draining import drain
from openapi_gateway.metering.histograms import EDGES, bucket_of, percentile
from openapi_gateway.metering.overview import Period, View
from openapi_gateway.metering.storing import take_in
from openapi_gateway.metering.usage import Wanted
from openapi_gateway.metering.wire import Finished
from tests.consoles.visitor import Visitor
from tests.openapi_gateway.making import a_client
from tests.openapi_gateway.metering.entries import Stream, admitted, finished

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
USAGE, OVERVIEW = "/admin/gateway/usage/", "/admin/gateway/overview/"
OUTCOMES = (
    (200, "ok"), (200, "LIVE.SPOOF"), (401, "GW.SIG.INVALID"), (429, "GW.LIMIT.QUOTA"),
    (503, "UP.TIMEOUT"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def november() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def test_every_sum_of_a_month_ties_out_with_the_log(stream: Stream, november: Any) -> None:
    """Calls of two months, some of them never heard of again, some entries met twice."""
    chance = Random(5)
    for _ in range(40):
        at = NOW - timedelta(days=chance.randrange(40), seconds=chance.randrange(86_400))
        calls = []
        for _ in range(chance.randrange(1, 6)):
            status, code = chance.choice(OUTCOMES)
            calls.append(
                finished(
                    at, bank_id=chance.choice([0, 1, 2]), status=status, code=code,
                    billable=chance.random() < 0.5, service=chance.choice(["identity", "liveness"]),
                    environment=chance.choice(["sandbox", "production"]),
                    app_id=f"app_{chance.randrange(3)}",
                )
            )  # fmt: skip
        stream.add(a=admitted(calls[0]))
        if chance.random() < 0.8:
            stream.add(b=calls)
            stream.add(b=calls[:2])
    drain(stream=stream.name)
    november.shift(timedelta(minutes=2))
    drain(stream=stream.name)

    for month in (date(2026, 10, 1), date(2026, 11, 1)):
        for wanted in (
            Wanted(month), Wanted(month, bank_id=0), Wanted(month, bank_id=1),
            Wanted(month, environment="sandbox"), Wanted(month, bank_id=2, service="liveness"),
            Wanted(month, bank_id=1, app_id="app_1"),
        ):  # fmt: skip
            lines, days = usage.lines_of(wanted), usage.days_of(wanted)
            assert usage.total(lines.values()) == usage.counted_in_log(wanted)
            assert usage.total(days.values()) == usage.counted_in_log(wanted)
    everything = usage.counted_in_log(Wanted(date(2026, 11, 1)))
    assert everything.failed > 0
    assert everything.billable > 0


def bank_call(bank: Any, app_id: str, **changes: Any) -> Finished:
    return Finished(*finished(timezone.now(), bank_id=bank.pk, app_id=app_id, **changes))


def test_a_bank_s_usage_is_its_own_on_the_page_and_in_the_file(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    own, other = a_client(alpha, name="=1+1"), a_client(beta, name="Foreign")
    take_in(
        [bank_call(alpha, own.app_id), bank_call(alpha, own.app_id, status=422, code="X.Y"),
         bank_call(beta, other.app_id)],
        timezone.now(),
    )  # fmt: skip
    client = enter(alpha, "maker")

    page = client.get(f"{USAGE}?bank={beta.pk}")
    csv = client.post(f"{USAGE}export/", {"format": "csv", "bank": beta.pk})
    xlsx = client.post(f"{USAGE}export/", {"format": "xlsx"})

    assert page.context["total"] == usage.Calls(answered=1, refused=1, billable=2)
    assert "Foreign" not in page.content.decode()
    text = b"".join(csv.streaming_content).decode("utf-8-sig")
    assert "'=1+1" in text
    assert "Foreign" not in text
    rows = list(load_workbook(io.BytesIO(b"".join(xlsx.streaming_content))).active.values)  # type: ignore[union-attr]
    assert rows[1][7:] == ("2", "1", "1", "0", "2")
    with tenant_context(alpha):
        events = AuditEvent.objects.filter(event="gateway_metering.usage_exported")
        assert {each.after["bank"] for each in events} == {alpha.pk}
        assert events.count() == 2


def test_the_platform_sees_usage_by_bank(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    take_in([bank_call(alpha, "app_1"), bank_call(beta, "app_2")], timezone.now())

    page = enter(None, "auditor").get(USAGE)

    assert [name for _pk, name, _calls in page.context["by_bank"]] == ["Alpha", "Beta"]
    assert page.context["total"].total == 2


def test_who_may_not_export_usage_gets_no_file(alpha: Any, enter: Callable[..., Visitor]) -> None:
    client = enter(alpha, "viewer")

    assert client.get(USAGE).status_code == 200
    assert client.post(f"{USAGE}export/", {"format": "csv"}).status_code == 403
    assert enter(alpha, "maker").post(f"{USAGE}export/", {"format": "exe"}).status_code == 403


def test_a_percentile_lies_within_a_fifth_of_the_truth() -> None:
    chance = Random(7)
    values = sorted(round(4_000 * chance.lognormvariate(0, 0.8)) for _ in range(20_000))
    counts = [0] * len(EDGES)
    for value in values:
        counts[bucket_of(value)] += 1

    for percent in (50, 95, 99):
        truth = values[len(values) * percent // 100] / 1000
        assert percentile(counts, percent) == pytest.approx(truth, rel=0.2)
    assert percentile([], 95) is None
    assert bucket_of(0) == 0
    assert bucket_of(2**40) == len(EDGES) - 1


@pytest.mark.usefixtures("november")
def test_the_overview_adds_hours_and_days_up(db: None) -> None:
    def call(hours: int, **changes: Any) -> Finished:
        return Finished(*finished(NOW - timedelta(hours=hours), **changes))

    take_in(
        [call(0, latency_us=2_000), call(1, status=503, code="UP.TIMEOUT", latency_us=900_000),
         call(1, status=401, code="GW.SIG.INVALID", latency_us=100), call(30), call(24 * 8)],
        NOW,
    )  # fmt: skip

    hours = overview.points_of(View(Period.DAY, NOW, bank_id=1))
    week = overview.points_of(View(Period.WEEK, NOW))
    month = overview.total(overview.points_of(View(Period.MONTH, NOW)), NOW)

    assert len(hours) == 24
    assert [(each.calls, each.refused, each.failed) for each in hours[-2:]] == [
        (2, 1, 1),
        (1, 0, 0),
    ]
    assert [each.calls for each in week][-2:] == [1, 3]
    assert (month.calls, month.refused, month.failed) == (5, 1, 1)
    # The one that was refused at the door tells nothing of latency.
    assert sum(month.latencies) == 4
    assert overview.points_of(View(Period.DAY, NOW, bank_id=2))[-1].calls == 0
    assert overview.top_codes(View(Period.MONTH, NOW)) == [("GW.SIG.INVALID", 1), ("UP.TIMEOUT", 1)]


@pytest.mark.parametrize("period", ["24h", "7d", "30d", "nonsense"])
def test_both_consoles_show_the_overview(
    alpha: Any, beta: Any, enter: Callable[..., Visitor], period: str
) -> None:
    own, other = a_client(alpha, name="Own client"), a_client(beta, name="Foreign client")
    take_in([bank_call(alpha, own.app_id), bank_call(beta, other.app_id)], timezone.now())

    bank = enter(alpha, "viewer").get(f"{OVERVIEW}?period={period}&bank={beta.pk}")
    province = enter(None, "operator").get(f"{OVERVIEW}?period={period}")

    assert (bank.context["total"].calls, province.context["total"].calls) == (1, 2)
    assert "Foreign client" not in bank.content.decode()
    assert "Foreign client" in province.content.decode()
