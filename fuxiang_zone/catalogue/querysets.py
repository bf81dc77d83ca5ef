from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from audit.context import current_schema
from audit.querysets import AppendOnlyQuerySet
from fuxiang_zone.catalogue.choices import ApplicationState
from operators.roles import is_platform
from tenants.choices import BankStatus

if TYPE_CHECKING:
    from tenants.models import Bank

OPEN_APPLICATIONS = (
    ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.RETURNED,
)  # fmt: skip


class ProductTypeQuerySet(QuerySet):
    def adoption(self) -> ProductTypeQuerySet:
        """With ``banks_opened``: how many banks opened the type; a closed bank counts no more."""
        open_ones = ~Q(activations__bank__status=BankStatus.CLOSED)
        counted = self.annotate(banks_opened=Count("activations", filter=open_ones))
        return counted.order_by("position", "code")  # grouping drops the model's order


class ActivationQuerySet(QuerySet):
    def of_bank(self, bank: Bank) -> ActivationQuerySet:
        return self.filter(bank=bank).select_related("product_type")

    def counted(self) -> ActivationQuerySet:
        """Of banks that are not closed."""
        return self.exclude(bank__status=BankStatus.CLOSED)


class RateCapQuerySet(QuerySet):
    def begun(self, on: date) -> RateCapQuerySet:
        """Of each type and term the one that holds on that day."""
        begun = self.filter(from_date__lte=on)
        order = ("product_type_id", "unit", "term")
        return begun.order_by(*order, "-from_date").distinct(*order)


class VersionQuerySet(AppendOnlyQuerySet):
    pass


class StepQuerySet(AppendOnlyQuerySet):
    pass


class ApplicationQuerySet(QuerySet):
    def visible(self) -> ApplicationQuerySet:
        """In a bank's schema its own; the platform sees what has been submitted once."""
        rows = self.select_related("bank", "product_type")
        schema = current_schema()
        if is_platform(schema):
            return rows.exclude(round=0)
        return rows.filter(bank__schema_name=schema)

    def under_way(self) -> ApplicationQuerySet:
        return self.filter(state__in=OPEN_APPLICATIONS)
