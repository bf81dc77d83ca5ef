from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Error
from django.core.management.base import SystemCheckError
from django.db import connection

from config import checks as config_checks
from tenants import checks

CACHE = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "KEY_FUNCTION": "django_tenants.cache.make_key",
    "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
}


def test_the_settings_as_they_are_pass() -> None:
    assert checks.check_cache_keys() == []
    assert checks.check_session_engine() == []
    assert checks.check_scheduler_is_shared() == []


def test_e001_a_cache_without_the_banks_in_its_keys(settings: Any) -> None:
    settings.CACHES = {"default": CACHE, "other": {**CACHE, "KEY_FUNCTION": None}}

    assert checks.check_cache_keys() == [
        Error(
            "The cache 'other' lacks KEY_FUNCTION: banks would read each other's entries.",
            hint="Set CACHES['other']['KEY_FUNCTION'] = 'django_tenants.cache.make_key'.",
            id="tenants.E001",
        )
    ]


def test_e002_sessions_outside_the_banks_schema(settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"

    assert checks.check_session_engine() == [
        Error(
            "Sessions are kept by django.contrib.sessions.backends.cache: a session of one bank"
            " could be one at another.",
            hint="Set SESSION_ENGINE = 'django.contrib.sessions.backends.db'; its rows live in each"
            " bank's schema.",
            id="tenants.E002",
        )
    ]


def test_e003_the_scheduler_in_the_banks(settings: Any) -> None:
    settings.TENANT_APPS = [*settings.TENANT_APPS, "django_celery_beat"]

    assert checks.check_scheduler_is_shared() == [
        Error(
            "django_celery_beat is in TENANT_APPS: its one scheduler reads only public's tables.",
            hint="Keep it in SHARED_APPS; periodic tasks fan out with tenants.fanout.",
            id="tenants.E003",
        )
    ]


class Pooled:
    """A pooler in transaction mode, as two clients see it: one server process for both."""

    path = "public"

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.info = type("Info", (), {"backend_pid": 1})

    def __enter__(self) -> Pooled:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def execute(self, statement: str) -> Pooled:
        if statement.startswith("SET search_path = "):
            type(self).path = statement.rpartition(" ")[2]
        elif statement == "RESET search_path":
            type(self).path = "public"
        self.row = (4711,) if "pid" in statement else (type(self).path,)
        return self

    def fetchone(self) -> tuple[object]:
        return self.row


class PooledBySession(Pooled):
    """Or one that follows the path: a second client meets its own."""

    def execute(self, statement: str) -> Pooled:
        super().execute(statement)
        if "current_setting" in statement:
            self.row = ("public",)
        return self


def test_e004_a_pooler_that_mixes_search_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_client", Pooled)

    assert checks.check_pooler(databases=["default"]) == [
        Error(
            "The pooler before the database 'default' hands one client's search_path to another:"
            " banks would read each other's rows.",
            hint="Connect directly, or pool by session, or use PostgreSQL 18 and PgBouncer 1.21"
            " with track_extra_parameters = search_path.",
            id="tenants.E004",
        )
    ]
    assert Pooled.path == "public"  # the probe leaves nothing behind


def test_a_pooler_that_keeps_them_apart_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_client", PooledBySession)

    assert checks.check_pooler(databases=["default"]) == []


@pytest.mark.django_db
def test_a_direct_connection_passes_and_without_a_database_nothing_is_asked() -> None:
    assert not checks.search_path_leaks(connection.get_connection_params())
    assert checks.check_pooler() == []


CONFIGURATION = [
    (
        config_checks.check_secret_key, {"SECRET_KEY": "short"}, "config.E001",
        "SECRET_KEY is too weak: sessions and one-time links could be forged.",
        "Set SECRET_KEY to at least 50 random characters.",
    ),
    (
        config_checks.check_field_keys, {"FIELD_KEYS": {}}, "config.E002",
        "FIELD_KEYS is empty: columns cannot be encrypted nor audit events sealed.",
        "Set FIELD_KEYS to ID:BASE64 of 32 random bytes; more keys follow after commas.",
    ),
    (
        config_checks.check_channel_keys, {"CHANNEL_JWT_KEYS": '{"keys": []}'}, "config.E003",
        "CHANNEL_JWT_KEYS holds no key: no customer's token can be verified.",
        "Set CHANNEL_JWT_KEYS to the JSON Web Key Set of the mobile app's identity.",
    ),
    (
        config_checks.check_https, {"HTTPS": False}, "config.E004",
        "HTTPS is off: sign-ins and cookies would travel in the clear.",
        "Set HTTPS=1 and end TLS at the proxy (PROXY_COUNT says how many there are).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("check", "values", "id_", "message", "hint"), CONFIGURATION)
def test_production_refuses_what_a_local_run_may_lack(
    settings: Any, check: Any, values: dict[str, Any], id_: str, message: str, hint: str
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    settings.LOCAL = True
    assert check() == []

    settings.LOCAL = False
    assert check() == [Error(message, hint=hint, id=id_)]


def test_the_web_server_does_not_start_on_unsafe_settings(settings: Any) -> None:
    settings.LOCAL, settings.FIELD_KEYS = False, {}

    with pytest.raises(SystemCheckError, match=r"config\.E002"):
        config_checks.require_sound_configuration()


@pytest.mark.parametrize("document", ["", "nonsense", "[]", '{"keys": 3}', "{}"])
def test_a_key_set_that_is_none_counts_as_empty(document: str) -> None:
    assert config_checks._key_count(document) == 0


def test_sound_settings_start(settings: Any) -> None:
    settings.LOCAL, settings.HTTPS = False, True
    settings.SECRET_KEY = "".join(chr(65 + number % 26) for number in range(60))
    settings.CHANNEL_JWT_KEYS = '{"keys": [{"kty": "EC"}]}'
    settings.FIELD_KEYS = {"k1": bytes(32)}
    settings.LIVENESS_URL = settings.CORE_URL = ""

    config_checks.require_sound_configuration()
