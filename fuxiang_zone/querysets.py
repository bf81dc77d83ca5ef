from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

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
        return annotated.select_related("branch", "owner", "account")
