"""The base of all Celery tasks: a task runs in the schema of its sender, or it does not run."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django_tenants.utils import tenant_context
from tenant_schemas_celery.app import get_schema_name_from_task
from tenant_schemas_celery.task import TenantTask

from tenants.errors import WrongSchema
from tenants.models import Bank
from tenants.platform import PLATFORM, Platform


class BankTask(TenantTask):
    """tenant-schemas-celery switches in a signal, and Celery only logs when a signal fails: the
    task would then run on public. So the switch is made here, where failing means not running."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        schema = get_schema_name_from_task(self, kwargs) or PLATFORM.schema_name
        with tenant_context(_tenant(schema)):
            return super().__call__(*args, **kwargs)


def _tenant(schema: str) -> Bank | Platform:
    if schema == PLATFORM.schema_name:
        return PLATFORM
    if connection.schema_name == schema and isinstance(connection.tenant, Bank):
        return connection.tenant
    bank = Bank.objects.ready().filter(schema_name=schema).first()
    if bank is None:
        raise WrongSchema(f"No bank has the schema {schema!r}.")
    return bank
