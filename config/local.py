"""Fills the environment of a run that was given no servers: embedded PostgreSQL and Redis, generated secrets.

Called before the settings are read, by manage.py, the web server, Celery and the tests. With
``DATABASE_URL`` and ``REDIS_URL`` given it starts nothing.
"""

from __future__ import annotations

import os


def prepare_environment() -> None:
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ and "SECRET_KEY" in os.environ:
        return
    from config.embedded import prepare

    prepare(os.environ)
