from __future__ import annotations

from django_tenants.middleware.main import TenantMainMiddleware


class BankMiddleware(TenantMainMiddleware): ...
