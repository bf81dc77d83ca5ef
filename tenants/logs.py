from __future__ import annotations

import logging

from django_tenants.log import TenantContextFilter


class BankFilter(TenantContextFilter):
    """Every log line names its schema. Django reports on a request after the connection has gone
    back to public, so the request's own bank counts first."""

    def filter(self, record: logging.LogRecord) -> bool:
        super().filter(record)
        tenant = getattr(getattr(record, "request", None), "tenant", None)
        if tenant is not None:
            record.schema_name = tenant.schema_name
        return True
