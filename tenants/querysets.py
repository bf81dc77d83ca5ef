from __future__ import annotations

from django.db.models import QuerySet

from tenants.choices import BankStatus


class BankQuerySet(QuerySet):
    def ready(self) -> BankQuerySet:
        """Banks whose schema is complete, whatever their status."""
        return self.filter(provisioned_at__isnull=False)

    def serving(self) -> BankQuerySet:
        """Banks whose customers and tasks are served."""
        return self.ready().filter(status=BankStatus.ACTIVE)
