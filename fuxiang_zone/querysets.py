from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from fuxiang_zone.choices import ReservationState
from operators.querysets import branch_scope
from publishing import registry
from publishing.stages import with_stage

if TYPE_CHECKING:
    from operators.models import Operator


class ProductQuerySet(QuerySet):
    def visible_to(self, operator: Operator) -> ProductQuerySet:
        path = branch_scope(operator)
        return self.filter(branch__path__startswith=path) if path else self

    def for_changelist(self, at: datetime) -> ProductQuerySet:
        annotated: Any = with_stage(self, registry.get("zone_product"), at)
        annotated = annotated.annotate(overdue=_overdue_units(at))
        return annotated.select_related("branch", "owner", "account")


def _overdue_units(at: datetime) -> Coalesce:
    """Reserved past their time: free again, although nobody has taken them back yet."""
    rows: Any = apps.get_model("fuxiang_zone", "Reservation")._default_manager
    due = rows.filter(product=OuterRef("pk"), state=ReservationState.HELD, expires_at__lte=at)
    summed = due.order_by().values("product").annotate(overdue=Sum("units")).values("overdue")
    return Coalesce(Subquery(summed), 0, output_field=BigIntegerField())
