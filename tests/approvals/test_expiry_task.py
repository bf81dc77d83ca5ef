from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from approvals.models import Request
from approvals.tasks import expire_everywhere, expire_requests
from tenants.periodic import registered_periodics
from tests.approvals.fake_kind import FakeKind, submit_fake


def test_the_task_expires_the_overdue_of_its_schema_and_may_run_twice(
    fake_kind: FakeKind, maker: Any
) -> None:
    submit_fake(maker, at=timezone.now() - timedelta(days=15))

    assert (expire_requests.run(), expire_requests.run()) == (1, 0)
    assert Request.objects.get().status == "expired"


def test_by_the_clock_every_bank_gets_a_task(db: None, monkeypatch: Any) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "approvals.tasks.for_each_bank", lambda name, **_options: asked.append(name) or 2
    )

    assert expire_everywhere() == 2
    assert asked == ["approvals.tasks.expire_requests"]
    assert "approvals.tasks.expire_everywhere" in {each.task for each in registered_periodics()}
