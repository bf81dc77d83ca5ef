from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.keyboard.checks import check_zone_keys
from openapi_gateway.base_services.keyboard.models import PinAttempts, PinSession
from openapi_gateway.base_services.keyboard.tasks import purge_sessions
from tests.openapi_gateway.keyboard.phones import a_client, begin


@pytest.mark.django_db
def test_what_is_a_month_old_is_removed(alpha: Any) -> None:
    client, now = a_client(alpha), timezone.now()
    for days in (0, 29, 31):
        begin(client, at=now - timedelta(days=days))
        PinAttempts.objects.create(
            bank=alpha, environment="sandbox", account="00000000-0000-0000-0000-000000000000",
            day=timezone.localdate() - timedelta(days=days),
        )  # fmt: skip

    assert purge_sessions() == 1

    assert PinSession.objects.count() == 2
    assert PinAttempts.objects.count() == 2


def test_production_needs_masters_of_the_zone_keys(settings: Any) -> None:
    settings.LOCAL, settings.ZONE_KEYS = False, {}
    assert [each.id for each in check_zone_keys()] == ["gateway_keyboard.E001"]
    settings.LOCAL = True
    assert check_zone_keys() == []
