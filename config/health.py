"""Whether this process and what it stands on can serve; answered before any host is resolved."""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from tenants.applied import banks_behind, public_is_behind
from tenants.search_path import on_public

logger = logging.getLogger(__name__)
SECONDS_TO_ANSWER = 2
OK, FAILED, PENDING = "ok", "failed", "pending"

# The code of a process does not change: what it once found migrated stays migrated for it.
_migrated = False


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return JsonResponse({"status": OK}, headers={"Cache-Control": "no-store"})
        if request.path_info == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    database = _database()
    parts = {
        "database": database,
        "redis": _redis(),
        "migrations": _migrations() if database == OK else FAILED,
    }
    fine = all(state == OK for state in parts.values())
    return JsonResponse(
        {"status": OK if fine else FAILED, **parts},
        status=200 if fine else 503,
        headers={"Cache-Control": "no-store"},
    )


def _database() -> str:
    try:
        with on_public(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        logger.warning("health.database_failed", exc_info=True)
        connection.close()
        return FAILED
    return OK


def _redis() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=SECONDS_TO_ANSWER,
        socket_connect_timeout=SECONDS_TO_ANSWER,
    )
    try:
        client.ping()
    except RedisError:
        logger.warning("health.redis_failed", exc_info=True)
        return FAILED
    finally:
        client.close()
    return OK


def _migrations() -> str:
    global _migrated
    if not _migrated:
        try:
            with on_public():
                _migrated = not public_is_behind() and not banks_behind()[1]
        except DatabaseError:
            logger.warning("health.migrations_unreadable", exc_info=True)
            return FAILED
    return OK if _migrated else PENDING
