"""PostgreSQL and Redis for a machine that has neither. No Django: it runs before the settings."""

from __future__ import annotations

from config.embedded.databases import ensure_database
from config.embedded.environments import prepare
from config.embedded.errors import EmbeddedError
from config.embedded.local_secrets import local_secret
from config.embedded.servers import Servers, ensure_servers

__all__ = [
    "EmbeddedError",
    "Servers",
    "ensure_database",
    "ensure_servers",
    "local_secret",
    "prepare",
]
