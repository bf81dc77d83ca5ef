"""Settings with which one bank would see another: each is an error with an id and a way out."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

KEY_FUNCTIONS = {
    "KEY_FUNCTION": "django_tenants.cache.make_key",
    "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
}
PROBE_PATH = "fuxiang_pooler_probe"


@register(Tags.caches)
def check_cache_keys(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The cache '{alias}' lacks {name}: banks would read each other's entries.",
            hint=f"Set CACHES['{alias}']['{name}'] = '{wanted}'.",
            id="tenants.E001",
        )
        for alias, options in settings.CACHES.items()
        for name, wanted in KEY_FUNCTIONS.items()
        if options.get(name) != wanted
    ]


@register(Tags.security)
def check_session_engine(**_kwargs: Any) -> list[CheckMessage]:
    wanted = "django.contrib.sessions.backends.db"
    if wanted == settings.SESSION_ENGINE:
        return []
    return [
        Error(
            f"Sessions are kept by {settings.SESSION_ENGINE}: a session of one bank could be one"
            " at another.",
            hint=f"Set SESSION_ENGINE = '{wanted}'; its rows live in each bank's schema.",
            id="tenants.E002",
        )
    ]


@register()
def check_scheduler_is_shared(**_kwargs: Any) -> list[CheckMessage]:
    if "django_celery_beat" not in settings.TENANT_APPS:
        return []
    return [
        Error(
            "django_celery_beat is in TENANT_APPS: its one scheduler reads only public's tables.",
            hint="Keep it in SHARED_APPS; periodic tasks fan out with tenants.fanout.",
            id="tenants.E003",
        )
    ]


@register(Tags.database)  # type: ignore[type-var]  # stubs: only a positional app list
def check_pooler(databases: list[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Only with a database at hand: ``manage.py check --database default``, ``upgrade_banks``."""
    return [
        Error(
            f"The pooler before the database '{alias}' hands one client's search_path to another:"
            " banks would read each other's rows.",
            hint="Connect directly, or pool by session, or use PostgreSQL 18 and PgBouncer 1.21"
            " with track_extra_parameters = search_path.",
            id="tenants.E004",
        )
        for alias in databases or []
        if search_path_leaks(connections[alias].get_connection_params())
    ]


def search_path_leaks(parameters: dict[str, Any]) -> bool:
    """Whether a second client meets the path that the first has set.

    A pooler shows itself: the process id that it told at the start is not the server's.
    """
    with _client(parameters) as first:
        if _backend(first) == first.info.backend_pid:
            return False
        first.execute(f"SET search_path = {PROBE_PATH}")
        try:
            return any(_meets_probe(parameters) for _attempt in range(4))
        finally:
            first.execute("RESET search_path")


def _meets_probe(parameters: dict[str, Any]) -> bool:
    with _client(parameters) as second:
        row = second.execute("SELECT current_setting('search_path')").fetchone()
        second.execute("RESET search_path")
    return row is not None and row[0] == PROBE_PATH


def _client(parameters: dict[str, Any]) -> psycopg.Connection:
    known = {key: value for key, value in parameters.items() if key not in {"context", "pool"}}
    return psycopg.connect(**known, autocommit=True)


def _backend(client: psycopg.Connection) -> int:
    row = client.execute("SELECT pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
