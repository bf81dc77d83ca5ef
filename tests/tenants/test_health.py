from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from config import health
from tenants.models import Bank


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)


@pytest.mark.parametrize("host", ["nobody.example", "10.0.0.7", "alpha.localhost"])
def test_any_host_answers_that_the_process_lives(client: Client, host: str) -> None:
    """Without the database: this test has no access to it."""
    response = client.get("/healthz", headers={"host": host})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_all_parts_are(client: Client) -> None:
    response = client.get("/readyz", headers={"host": "nobody.example"})

    assert (response.status_code, response.json()) == (
        200, {"status": "ok", "database": "ok", "redis": "ok", "migrations": "ok"},
    )  # fmt: skip


@pytest.mark.django_db
def test_not_ready_without_redis(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "status": "failed", "database": "ok", "redis": "failed", "migrations": "ok",
    }  # fmt: skip


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_values: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("config.health.connection.cursor", away)
    monkeypatch.setattr("config.health.connection.close", lambda: None)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["database"] == response.json()["migrations"] == "failed"


def test_not_ready_while_a_bank_is_behind(client: Client, alpha: Bank) -> None:
    Bank.objects.filter(pk=alpha.pk).update(seed_digest="old")

    response = client.get("/readyz")

    assert (response.status_code, response.json()["migrations"]) == (503, "pending")
