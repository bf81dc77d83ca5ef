from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from tenants.choices import BankStatus

if TYPE_CHECKING:
    from tenants.models import Bank


class ProductTypeQuerySet(QuerySet):
    def adoption(self) -> ProductTypeQuerySet:
        """With ``banks_opened``: how many banks opened the type; a closed bank counts no more."""
        open_ones = ~Q(activations__bank__status=BankStatus.CLOSED)
        counted = self.annotate(banks_opened=Count("activations", filter=open_ones))
        return counted.order_by("position", "code")  # grouping drops the model's order


class ActivationQuerySet(QuerySet):
    def of_bank(self, bank: Bank) -> ActivationQuerySet:
        return self.filter(bank=bank).select_related("product_type")
