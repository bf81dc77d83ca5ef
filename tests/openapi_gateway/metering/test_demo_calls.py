from __future__ import annotations

from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from demo.gateway_calls import fill_calls, fill_everywhere
from openapi_gateway.limits.quotas import counter_names, day_of
from openapi_gateway.metering import quota_view, usage
from openapi_gateway.metering.models import CallLog
from openapi_gateway.metering.months import month_of
from tests.openapi_gateway.making import a_client, a_grant


def test_a_demo_bank_has_a_month_of_plausible_calls_once(alpha: Any, beta: Any) -> None:
    client = a_client(alpha)
    a_grant(client, ("identity", "liveness", "keyboard"))
    at = timezone.now()
    server = redis.Redis.from_url(settings.REDIS_URL)
    try:
        count = fill_calls(alpha, at)

        assert fill_everywhere(at) == 0
        assert 1_000 < count < 3_000
        assert CallLog.objects.filter(bank_id=alpha.pk).count() == count
        assert not CallLog.objects.filter(at__gt=at).exists()
        month = usage.Wanted(month_of(at), bank_id=alpha.pk)
        assert usage.total(usage.lines_of(month).values()) == usage.counted_in_log(month)
        quotas = quota_view.quotas_of(at=at, bank_id=alpha.pk)
        assert quotas is not None
        production = usage.Wanted(month_of(at), environment="production")
        used = sum(each.left.month_used for each in quotas if each.place.environment != "sandbox")
        assert used == usage.counted_in_log(production).total
    finally:
        day = day_of(at.timestamp())
        for environment in ("production", "sandbox"):
            for service in ("identity", "liveness", "keyboard"):
                server.delete(*counter_names(client.app_id, environment, service, day))
        server.close()
