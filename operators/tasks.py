from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django_tenants.utils import get_tenant_model, tenant_context

from audit.sealing import schemas_with_unsealed, seal_chains
from tenants.platform import PLATFORM

logger = logging.getLogger(__name__)


@shared_task(name="operators.tasks.seal_all_chains")
def seal_all_chains() -> int:
    """By the clock: seals what was written since, wherever something was; safe to run twice.

    Not a task per bank: nearly all banks have nothing to seal, which one query tells, and a queue
    that is full of other work must not make the chains lag.
    """
    with tenant_context(PLATFORM):
        houses = {bank.schema_name: bank for bank in get_tenant_model().objects.ready()}
        houses[PLATFORM.schema_name] = PLATFORM
        waiting = schemas_with_unsealed(houses)
    return sum(_seal(houses[schema]) for schema in waiting)


def _seal(house: Any) -> int:
    try:
        with tenant_context(house):
            return seal_chains(wait=False)
    except Exception:
        # One broken bank does not stop the others; verify_audit says what is wrong with it.
        logger.exception("Sealing failed in %s", house.schema_name)
        return 0
