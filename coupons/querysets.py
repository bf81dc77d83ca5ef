from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from coupons.choices import BatchState
from operators.querysets import branch_scope
from publishing import registry
from publishing.stages import with_stage

if TYPE_CHECKING:
    from operators.models import Operator


class TemplateQuerySet(QuerySet):
    def visible_to(self, operator: Operator) -> TemplateQuerySet:
        path = branch_scope(operator)
        return self.filter(branch__path__startswith=path) if path else self

    def for_changelist(self, at: datetime) -> TemplateQuerySet:
        annotated: Any = with_stage(self, registry.get("coupon_template"), at)
        return annotated.select_related("branch", "owner", "account")


class BatchQuerySet(QuerySet):
    def live(self) -> BatchQuerySet:
        return self.filter(state=BatchState.LIVE)

    def decided(self) -> BatchQuerySet:
        """Those whose coupons have been in the hands of customers, or could have been."""
        return self.filter(state__in=[BatchState.LIVE, BatchState.FROZEN, BatchState.RECALLED])


class CouponQuerySet(QuerySet):
    def of_customer(self, number: str) -> CouponQuerySet:
        return self.filter(customer_number=number)
