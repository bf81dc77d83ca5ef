"""How every process learns at once that what it remembers of a client no longer holds.

Two ways that back each other up. The version of ``NAME`` is part of the transaction, and each
process's reader notices it within half a second. The epoch in Redis is raised right after the
commit; the admission of each call compares it, so that from then on no process admits a call by
what it remembered.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from openapi_gateway.redis_clients import redis_of
from tenants.services import announce_change

logger = logging.getLogger(__name__)

# Among the schemas' versions, where no schema can have this name.
NAME = "gateway:clients"
EPOCHS = "gw:epochs"


def client_changed(app_id: str) -> None:
    """In the transaction of the change, as its last statement: it locks the version's row."""
    announce_change(NAME)
    transaction.on_commit(partial(_raise_epoch, app_id))


def _raise_epoch(app_id: str) -> None:
    try:
        redis_of(settings.REDIS_URL).hincrby(EPOCHS, app_id, 1)
    except RedisError:
        # The version is committed: processes follow it within half a second.
        logger.warning("gateway.epoch_not_raised app_id=%s", app_id, exc_info=True)


def epoch_of(app_id: str) -> str:
    """To be taken before the client is read. Without Redis: one that no admission accepts."""
    try:
        found: Any = redis_of(settings.REDIS_URL).hget(EPOCHS, app_id)
    except RedisError:
        return "?"
    return found.decode() if found else "0"
